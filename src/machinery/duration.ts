/** Durations: Go's notation (`1h0m30s`) read and written, and the short form of kubectl's AGE column. */

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go quotes what is not ASCII byte by byte here. */
const quote = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~]/gu, char =>
    [...Buffer.from(char)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  )

/** Milliseconds of a Go duration such as `1h2m3.5s`. Throws an Error with Go's words. */
export function parseDuration(text: string): number {
  const quoted = quote(text)
  const invalid = () => new Error(`time: invalid duration ${quoted}`)
  const unsigned = text.replace(/^[+-]/, '')
  if (unsigned === '0') return 0
  if (!unsigned) throw invalid()
  let total = 0
  const part = /(\d*)(?:\.(\d*))?([^\d.]*)/y
  while (part.lastIndex < unsigned.length) {
    const [, whole, fraction, unit] = part.exec(unsigned)!
    if (!whole && !fraction) throw invalid()
    if (!unit) throw new Error(`time: missing unit in duration ${quoted}`)
    const ms = Object.hasOwn(unitMs, unit) ? unitMs[unit] : undefined
    if (ms === undefined) throw new Error(`time: unknown unit ${quote(unit)} in duration ${quoted}`)
    total += Number(`${whole || 0}.${fraction || 0}`) * ms
  }
  // Go counts nanoseconds in an int64.
  if (total > 9223372036854.775) throw invalid()
  return text.startsWith('-') ? -total : total
}

/** `1.5` for 15 tenths: without trailing zeros. */
const decimal = (value: number, digits: number): string => value.toFixed(digits).replace(/\.?0+$/, '')

/** Go's notation of a duration in milliseconds, to the nanosecond: `1h0m30s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  const nanoseconds = Math.round(ms * 1e6)
  if (nanoseconds === 0) return '0s'
  if (nanoseconds < 1e3) return `${nanoseconds}ns`
  if (nanoseconds < 1e6) return `${decimal(nanoseconds / 1e3, 3)}µs`
  if (nanoseconds < 1e9) return `${decimal(nanoseconds / 1e6, 6)}ms`
  const minutes = Math.floor(ms / 60_000)
  const seconds = `${decimal(ms / 1000 - minutes * 60, 9) || '0'}s`
  if (minutes === 0) return seconds
  const hours = Math.floor(minutes / 60)
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`
}

/** `4d12h`, or `4d` when nothing is left over. */
const withRest = (count: number, unit: string, rest: number, restUnit: string) =>
  rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`

/** Two or three figures of a duration, as kubectl prints an age: `5s`, `2m30s`, `3h12m`, `4d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  // Clocks differ a little: an age just below zero is an age of zero.
  if (seconds < -1) return '<invalid>'
  if (ms < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return withRest(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return days < 2920 ? withRest(years, 'y', days % 365, 'd') : `${years}y`
}

/** The AGE of something that happened at an RFC 3339 time; `<unknown>` where there is none. */
export function ageSince(time: string | undefined | null, now: number): string {
  return time ? humanDuration(now - Date.parse(time)) : '<unknown>'
}
