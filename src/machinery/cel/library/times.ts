/** Parts of timestamps, in UTC or a time zone, and of durations. */
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, Duration, Timestamp, type Value } from '../values.js'

/** Minutes east of UTC: `+02:00`, or an IANA name at that moment. Throws CelError. */
function offsetMinutes(zone: string, ms: number): number {
  const colon = zone.indexOf(':')
  if (colon < 0) return namedOffset(zone, ms)
  const [hours, minutes] = [zone.slice(0, colon), zone.slice(colon + 1)]
  for (const part of [hours, minutes])
    if (!/^[+-]?\d+$/u.test(part)) throw new CelError(`strconv.Atoi: parsing ${JSON.stringify(part)}: invalid syntax`)
  const total = Number(hours) * 60
  return zone.startsWith('-') ? total - Number(minutes) : total + Number(minutes)
}

function namedOffset(zone: string, ms: number): number {
  if (zone === '' || zone === 'UTC') return 0
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    const text = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')!.value
    const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d+):?(\d+)?)?/u.exec(text)!
    return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  } catch {
    throw new CelError(`unknown time zone ${zone}`)
  }
}

const floorDiv = (value: bigint, by: bigint) => (value - (((value % by) + by) % by)) / by

/** A date whose UTC parts are the local ones. */
function local(at: Timestamp, zone: Value | undefined): Date {
  const ms = Number(floorDiv(at.nanos, 1_000_000n))
  return new Date(ms + (typeof zone === 'string' ? offsetMinutes(zone, ms) * 60_000 : 0))
}

const dayMs = 86_400_000

/** By function: what of a date, what of a duration (in nanoseconds a unit), and cel-go's id. */
const parts: Record<string, { id: string; of(date: Date): number; unit?: bigint; zoned?: string }> = {
  getFullYear: { id: 'year', of: d => d.getUTCFullYear() },
  getMonth: { id: 'month', of: d => d.getUTCMonth() },
  getDayOfYear: { id: 'day_of_year', of: d => Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / dayMs) },
  getDayOfMonth: { id: 'day_of_month', of: d => d.getUTCDate() - 1 },
  getDate: { id: 'day_of_month_1_based', of: d => d.getUTCDate() },
  getDayOfWeek: { id: 'day_of_week', of: d => d.getUTCDay() },
  getHours: { id: 'hours', of: d => d.getUTCHours(), unit: 3_600_000_000_000n },
  getMinutes: { id: 'minutes', of: d => d.getUTCMinutes(), unit: 60_000_000_000n },
  getSeconds: { id: 'seconds', of: d => d.getUTCSeconds(), unit: 1_000_000_000n, zoned: 'seconds_tz' },
  getMilliseconds: { id: 'milliseconds', of: d => d.getUTCMilliseconds(), unit: 1_000_000n },
}

export const times: readonly FunctionDeclaration[] = Object.entries(parts).map(([name, { id, of, unit, zoned }]) =>
  defineFunction(
    name,
    [
      `timestamp_to_${id}: timestamp.() -> int`,
      `timestamp_to_${zoned ?? `${id}_with_tz`}: timestamp.(string) -> int`,
      ...(unit ? [`duration_to_${id}: duration.() -> int`] : []),
    ],
    (value, zone) => {
      if (value instanceof Timestamp) return BigInt(of(local(value, zone)))
      if (!(value instanceof Duration) || !unit) return undefined
      return value.nanos / unit
    },
  ),
)
