import { expect, test } from '@jest/globals'
import { parseCronSchedule } from './cron-schedule.js'

test('reads ranges, steps and names', () => {
  const schedule = parseCronSchedule('*/15 9-17 1,15 jan-mar MON')
  if ('everySeconds' in schedule) throw new Error('a plain schedule expected')
  expect([...schedule.minute.values]).toEqual([0, 15, 30, 45])
  expect([...schedule.hour.values]).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17])
  expect([...schedule.dayOfMonth.values]).toEqual([1, 15])
  expect([...schedule.month.values]).toEqual([1, 2, 3])
  expect([...schedule.dayOfWeek.values]).toEqual([1])
})

test.each([
  { spec: '@every 1h30m', seconds: 5400 },
  { spec: '@every 90s', seconds: 90 },
  { spec: '@every 10ms', seconds: 1 },
])('$spec is every $seconds seconds', ({ spec, seconds }) => {
  expect(parseCronSchedule(spec)).toEqual({ everySeconds: seconds })
})

test.each([
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['@often', 'unrecognized descriptor: @often'],
  ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
])('%p is refused with robfig’s words', (spec, message) => {
  expect(() => parseCronSchedule(spec)).toThrow(message)
})
