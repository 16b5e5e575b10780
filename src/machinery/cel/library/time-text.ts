/** Durations and timestamps read from text, to the nanosecond, as Go reads them. */
import { parseDuration } from '../../duration.js'
import { Duration, type Timestamp } from '../values.js'
import { timestamp } from './operators.js'

const billion = 1_000_000_000n
const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: billion,
  m: 60n * billion,
  h: 3600n * billion,
}

/** Undefined when it cannot be read. */
export function parseGoDuration(text: string): Duration | undefined {
  try {
    // It knows what is right; but milliseconds as a double are too coarse.
    parseDuration(text)
  } catch {
    return undefined
  }
  let total = 0n
  for (const [, whole, fraction = '', unit] of text.matchAll(/(\d*)(?:\.(\d*))?([^\d.+-]+)/gu)) {
    const scale = unitNanos[unit!]!
    total += BigInt(whole || 0) * scale
    if (fraction) total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  return new Duration(text.startsWith('-') ? -total : total)
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/u

/** Undefined when it cannot be read. Throws CelError of a year that is out of range. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const found = rfc3339.exec(text)
  const at = found ? Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`) : Number.NaN
  if (!found || Number.isNaN(at)) return undefined
  const [, , , , , , , fraction = '', sign, hours = '0', minutes = '0'] = found
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  const nanos = BigInt(fraction.slice(0, 9).padEnd(9, '0') || '0')
  return timestamp(BigInt(at - offset * 60_000) * 1_000_000n + nanos, offset)
}
