import { describe, expect, test } from '@jest/globals'
import { ageSince, formatDuration, humanDuration, parseDuration } from './duration.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

describe('Go durations', () => {
  test.each([
    ['0', 0, '0s'],
    ['1s', second, '1s'],
    ['1.5s', 1500, '1.5s'],
    ['90s', 90 * second, '1m30s'],
    ['1h', hour, '1h0m0s'],
    ['1h0m0.5s', hour + 500, '1h0m0.5s'],
    ['100ms', 100, '100ms'],
    ['10us', 0.01, '10µs'],
    ['10µs', 0.01, '10µs'],
    ['5ns', 5e-6, '5ns'],
    ['-1m', -minute, '-1m0s'],
    ['.5h', 30 * minute, '30m0s'],
    ['100h', 100 * hour, '100h0m0s'],
    ['10s', 10 * second, '10s'],
    ['1m20s', 80 * second, '1m20s'],
  ])('%s', (text, ms, printed) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9)
    expect(formatDuration(ms)).toBe(printed)
  })

  test.each([
    ['', 'time: invalid duration ""'],
    ['s', 'time: invalid duration "s"'],
    ['.s', 'time: invalid duration ".s"'],
    ['1', 'time: missing unit in duration "1"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1 s', 'time: unknown unit " s" in duration "1 s"'],
    ['9999999h', 'time: invalid duration "9999999h"'],
  ])('%j is refused', (text, message) => expect(() => parseDuration(text)).toThrow(message))
})

test.each([
  [-3 * second, '<invalid>'],
  [-second, '0s'],
  [0, '0s'],
  [119 * second, '119s'],
  [120 * second, '2m'],
  [150 * second, '2m30s'],
  [10 * minute + 5 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 12 * minute, '3h12m'],
  [8 * hour + 30 * minute, '8h'],
  [47 * hour, '47h'],
  [48 * hour, '2d'],
  [50 * hour, '2d2h'],
  [8 * day + hour, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [900 * day, '2y170d'],
  [8 * 365 * day, '8y'],
])('an age of %i ms is %s', (ms, text) => expect(humanDuration(ms)).toBe(text))

test('ages of times', () => {
  expect(ageSince('2025-01-01T00:00:00Z', Date.UTC(2025, 0, 1, 0, 0, 5))).toBe('5s')
  expect(ageSince(undefined, 0)).toBe('<unknown>')
})
