import type { IncomingMessage, ServerResponse } from 'node:http'
import { beforeEach, expect, test } from '@jest/globals'
import { newPacedListener } from './paced-listener.js'

let turns: (() => void)[]
let served: string[]
beforeEach(() => {
  turns = []
  served = []
})

const newListener = () =>
  newPacedListener(
    ({ url = '' }) => served.push(url),
    next => turns.push(next),
  )
const response = {} as ServerResponse
const asking = (url: string, rest: Partial<IncomingMessage> = {}) => ({ url, ...rest }) as IncomingMessage
const pods = (count: number) => Array.from({ length: count }, (_, n) => `/api/v1/pods/${n}`)

test('few requests begin at once', () => {
  const listener = newListener()
  for (const url of pods(32)) listener(asking(url), response)
  expect(served).toEqual(pods(32))
})

test('of many, the others begin in turns, in their order', () => {
  const listener = newListener()
  for (const url of pods(80)) listener(asking(url), response)
  expect(served).toHaveLength(32)
  turns.shift()!()
  expect(served).toHaveLength(64)
  listener(asking('/late'), response)
  expect(served).toHaveLength(64)
  turns.shift()!()
  expect(served).toEqual([...pods(80), '/late'])
  turns.shift()!()
  expect(turns).toEqual([])
})

test('health checks pass those that wait', () => {
  const listener = newListener()
  for (const url of [...pods(40), '/livez', '/readyz?verbose']) listener(asking(url), response)
  expect(served.slice(32)).toEqual(['/livez', '/readyz?verbose'])
})

test('who left is not served', () => {
  const listener = newListener()
  for (const url of pods(32)) listener(asking(url), response)
  for (const url of pods(40)) listener(asking(url, { aborted: true }), response)
  listener(asking('/there'), response)
  turns.shift()!()
  expect(served.slice(32)).toEqual(['/there'])
})
