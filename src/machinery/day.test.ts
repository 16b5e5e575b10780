import { expect, test } from '@jest/globals'
import { dayOf, parseDay } from './day.js'

test.each([
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2024-02-30', undefined],
  ['2024-2-9', undefined],
  ['yesterday', undefined],
  [undefined, undefined],
])('the day %s', (text, time) => {
  expect(parseDay(text)).toBe(time)
})

test('the day of a time is that of UTC', () => {
  expect(dayOf(Date.UTC(2025, 0, 31, 23, 59, 59, 999))).toBe('2025-01-31')
})
