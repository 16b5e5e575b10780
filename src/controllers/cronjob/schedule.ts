/** When a cron schedule fires next: robfig/cron's meaning, in any time zone. Pure. */
import type { CronField, CronSchedule } from '../../apis/batch-v1/cron-schedule.js'

const minuteMs = 60_000
const hourMs = 3_600_000
/** A schedule that does not fire within five years never does, such as the 30th of February. */
const horizonMs = 5 * 366 * 24 * hourMs

/** Milliseconds that a zone's clocks are ahead of UTC at that time. */
type Offset = (time: number) => number

/** Throws a RangeError for a zone that does not exist. */
export function zoneOffset(timeZone: string | undefined): Offset {
  if (!timeZone || timeZone === 'UTC' || timeZone === 'Etc/UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return time => {
    const parts = Object.fromEntries(format.formatToParts(time).map(p => [p.type, Number(p.value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000
  }
}

const has = ({ values }: CronField, value: number) => values.has(value)

function dayMatches({ dayOfMonth, dayOfWeek }: Exclude<CronSchedule, { everySeconds: number }>, local: Date): boolean {
  const [byMonth, byWeek] = [has(dayOfMonth, local.getUTCDate()), has(dayOfWeek, local.getUTCDay())]
  return dayOfMonth.any || dayOfWeek.any ? byMonth && byWeek : byMonth || byWeek
}

/** The moment at which the zone's clocks show this local time; where they skip it, the moment after the skip. */
function fromLocal(local: number, offset: Offset): number {
  const guess = local - offset(local)
  const time = local - offset(guess)
  return time + offset(time) < local ? guess : time
}

/**
 * The first firing after `after`, in milliseconds; undefined where there is none. An hour that the clocks skip does not
 * fire; one that they repeat fires twice.
 */
export function nextFiring(schedule: CronSchedule, offset: Offset, after: number): number | undefined {
  if ('everySeconds' in schedule) return Math.floor(after / 1000) * 1000 + schedule.everySeconds * 1000
  let time = (Math.floor(after / minuteMs) + 1) * minuteMs
  for (const end = after + horizonMs; time < end; ) {
    const local = new Date(time + offset(time))
    if (!has(schedule.month, local.getUTCMonth() + 1))
      time = fromLocal(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1), offset)
    else if (!dayMatches(schedule, local))
      time = fromLocal(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + 1), offset)
    else if (!has(schedule.hour, local.getUTCHours())) time += (60 - local.getUTCMinutes()) * minuteMs
    else if (!has(schedule.minute, local.getUTCMinutes())) time += minuteMs
    else return time
  }
  return undefined
}

/** RFC 3339 in the zone's own time, as in the annotation of a scheduled Job. */
export function formatInZone(time: number, offset: Offset): string {
  const ahead = offset(time)
  const local = new Date(time + ahead).toISOString().slice(0, 19)
  if (ahead === 0) return `${local}Z`
  const minutes = Math.abs(ahead) / minuteMs
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${local}${ahead < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
