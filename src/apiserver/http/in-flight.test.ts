import { expect, test } from '@jest/globals'
import type { UserInfo } from '../../machinery/request.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { parseRequestInfo } from '../request-info.js'
import { newInFlightGuard } from './in-flight.js'

const bob: UserInfo = { name: 'bob', groups: [] }
const admin: UserInfo = { name: 'admin', groups: ['system:masters'] }
const info = (method: string, url: string) => {
  const [path = '', query] = url.split('?')
  return parseRequestInfo(method, path, query === undefined ? undefined : new URLSearchParams(query))
}
const read = info('GET', '/api/v1/pods')
const write = info('POST', '/api/v1/namespaces/a/pods')

const newGuard = () => newInFlightGuard({ maxRequestsInFlight: 2, maxMutatingRequestsInFlight: 1 }, newMetricRegistry())

test('reads and writes are counted apart', () => {
  const guard = newGuard()
  guard(write, bob)
  expect(() => guard(write, bob)).toThrow('Too many requests, please try again later.')
  guard(read, bob)
  guard(read, bob)
  expect(() => guard(read, bob)).toThrow(/Too many requests/)
})

test('an answered request makes room, once', () => {
  const guard = newGuard()
  const release = guard(write, bob)
  release()
  release()
  guard(write, bob)
  expect(() => guard(write, bob)).toThrow(/Too many requests/)
})

test('administrators and watches are not held back', () => {
  const guard = newGuard()
  for (let i = 0; i < 5; i++) {
    guard(write, admin)
    guard(info('GET', '/api/v1/pods?watch=1'), bob)
  }
})

test('the client is told when to come back', () => {
  const guard = newGuard()
  guard(write, bob)
  expect(() => guard(write, bob)).toThrow(
    expect.objectContaining({ code: 429, status: expect.objectContaining({ details: { retryAfterSeconds: 1 } }) }),
  )
})
