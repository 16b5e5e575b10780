import { expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { RequestDeadlines, timeoutOf } from './request-deadlines.js'

test('a request ends after a minute, unless it was answered', async () => {
  const clock = new FakeClock()
  const deadlines = new RequestDeadlines(clock)
  const ended: string[] = []
  deadlines.begin(() => ended.push('first'))
  const second = deadlines.begin(() => ended.push('second'))
  await clock.advance(30_000)
  deadlines.begin(() => ended.push('third'))
  second.cancel()
  await clock.advance(30_000)
  expect(ended).toEqual(['first'])
  await clock.advance(30_000)
  expect(ended).toEqual(['first', 'third'])
  expect(clock.pending).toBe(0)
})

test('a client may allot less', async () => {
  const clock = new FakeClock()
  const ended: string[] = []
  new RequestDeadlines(clock).begin(() => ended.push('short'), 5)
  await clock.advance(5)
  expect(ended).toEqual(['short'])
})

test.each([
  { text: '5s', expected: 5000 },
  { text: '2m', expected: undefined },
  { text: '-1s', expected: undefined },
  { text: '', expected: undefined },
])('timeout=$text', ({ text, expected }) => {
  expect(timeoutOf(new URLSearchParams({ timeout: text }))).toBe(expected)
})

test('nonsense is refused in upstream’s words', () => {
  expect(() => timeoutOf(new URLSearchParams('timeout=5'))).toThrow(
    'invalid timeout specified in the request URL - time: missing unit in duration "5"',
  )
})
