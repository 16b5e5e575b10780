/** Values as Go prints them. */
import { formatTime } from '../../clock.js'
import { goFloat } from '../../go-number.js'
import type { Duration, Timestamp } from '../values.js'

const billion = 1_000_000_000n

/** The shortest decimals, without an exponent. */
export function plainDecimal(value: number): string {
  const text = String(value)
  const [mantissa = '', power] = text.split('e')
  if (power === undefined) return text
  const exponent = Number(power)
  const negative = mantissa.startsWith('-')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const digits = whole + fraction
  const point = whole.length + exponent
  const shown =
    point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : digits.padEnd(point, '0') + (digits.length > point ? '' : '')
  return (negative ? '-' : '') + shown
}

/** Go's `%g`. */
export function generalFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return Object.is(value, -0) ? '-0' : goFloat(value)
}

/** Seconds, such as `3600s` and `0.5s`. */
export const durationText = ({ nanos }: Duration): string => `${plainDecimal(Number(nanos) / 1e9)}s`

/** RFC 3339 with its own offset and as much of the fraction as there is. */
export function timestampText({ nanos, offset }: Timestamp): string {
  const rest = ((nanos % billion) + billion) % billion
  const seconds = Number((nanos - rest) / billion) + offset * 60
  const fraction = rest ? `.${String(rest).padStart(9, '0').replace(/0+$/u, '')}` : ''
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const minutes = Math.abs(offset)
  const zone = offset ? `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}` : 'Z'
  return formatTime(seconds * 1000).replace('Z', `${fraction}${zone}`)
}
