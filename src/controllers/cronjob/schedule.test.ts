import { describe, expect, test } from '@jest/globals'
import { parseCronSchedule } from '../../apis/batch-v1/cron-schedule.js'
import { formatInZone, nextFiring, zoneOffset } from './schedule.js'

const next = (text: string, after: string, zone?: string, count = 1): string[] => {
  const schedule = parseCronSchedule(text)
  const offset = zoneOffset(zone)
  const times: string[] = []
  for (let time: number | undefined = Date.parse(after); times.length < count; ) {
    time = nextFiring(schedule, offset, time)
    if (time === undefined) break
    times.push(formatInZone(time, offset))
  }
  return times
}

describe('nextFiring', () => {
  test.each([
    ['every minute', '* * * * *', '2025-01-01T00:00:00Z', '2025-01-01T00:01:00Z'],
    ['a minute that is just passing', '0 * * * *', '2025-01-01T00:00:00.001Z', '2025-01-01T01:00:00Z'],
    ['every quarter of an hour', '*/15 * * * *', '2025-01-01T00:16:00Z', '2025-01-01T00:30:00Z'],
    ['the next day', '30 9 * * *', '2025-01-01T10:00:00Z', '2025-01-02T09:30:00Z'],
    ['the next year', '0 0 1 1 *', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['a leap day', '0 0 29 2 *', '2025-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['a weekday', '0 0 * * fri', '2025-01-01T00:00:00Z', '2025-01-03T00:00:00Z'],
    ['a day of the month or of the week', '0 0 13 * fri', '2025-01-04T00:00:00Z', '2025-01-10T00:00:00Z'],
    ['an interval', '@every 90s', '2025-01-01T00:00:00.500Z', '2025-01-01T00:01:30Z'],
    ['a descriptor', '@weekly', '2025-01-01T00:00:00Z', '2025-01-05T00:00:00Z'],
  ])('finds %s', (_, text, after, expected) => {
    expect(next(text, after)).toEqual([expected])
  })

  test('never fires on a day that does not exist', () => {
    expect(next('0 0 30 2 *', '2025-01-01T00:00:00Z')).toEqual([])
  })

  test('goes by the clocks of the zone', () => {
    expect(next('0 9 * * *', '2025-07-01T00:00:00Z', 'America/New_York')).toEqual(['2025-07-01T09:00:00-04:00'])
    expect(next('0 9 * * *', '2025-01-01T00:00:00Z', 'Asia/Kolkata')).toEqual(['2025-01-01T09:00:00+05:30'])
  })

  test('skips an hour that the clocks skip', () => {
    expect(next('30 2 * * *', '2025-03-30T00:00:00+01:00', 'Europe/Berlin', 2)).toEqual([
      '2025-03-31T02:30:00+02:00',
      '2025-04-01T02:30:00+02:00',
    ])
  })

  test('fires twice in an hour that the clocks repeat', () => {
    expect(next('30 2 * * *', '2025-10-26T00:00:00+02:00', 'Europe/Berlin', 2)).toEqual([
      '2025-10-26T02:30:00+02:00',
      '2025-10-26T02:30:00+01:00',
    ])
  })

  test('refuses a zone that does not exist', () => {
    expect(() => zoneOffset('Mars/Olympus')).toThrow(RangeError)
  })
})
