/** Texts whose format gives them another type in expressions. */
import { parseGoDuration, parseTimestamp } from '../library/time-text.js'
import { CelError, Duration, Timestamp, type Value } from '../values.js'

const nanosOf: readonly (readonly [unit: RegExp, nanos: bigint])[] = [
  [/^(?:ns|nano.*)$/, 1n],
  [/^(?:us|µs|micro.*)$/, 1_000n],
  [/^(?:ms|milli.*)$/, 1_000_000n],
  [/^(?:s|sec.*)$/, 1_000_000_000n],
  [/^(?:m|min.*)$/, 60_000_000_000n],
  [/^(?:h|hr|hour.*)$/, 3_600_000_000_000n],
  [/^(?:d|day.*)$/, 86_400_000_000_000n],
  [/^(?:w|wk|week.*)$/, 604_800_000_000_000n],
]

/** `2 days 3 hours`: all numbers with a unit count. */
function wordyDuration(text: string): Duration | undefined {
  let total: bigint | undefined
  for (const [, count = '0', unit = ''] of text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)) {
    const found = nanosOf.find(([pattern]) => pattern.test(unit.toLowerCase()))
    if (found) total = (total ?? 0n) + BigInt(count) * found[1]
  }
  return total === undefined ? undefined : new Duration(BigInt.asIntN(64, total))
}

function durationValue(text: string): Value {
  const value = parseGoDuration(text) ?? wordyDuration(text)
  if (!value) throw new CelError(`Invalid duration ${text}: unable to parse ${text} as duration`)
  return value
}

function dateValue(text: string): Value {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(at)) throw new CelError(`Invalid date formatted string ${text}`)
  return new Timestamp(BigInt(at) * 1_000_000n)
}

function dateTimeValue(text: string): Value {
  if (!text) return new Timestamp(0n)
  // Validation takes small letters, Go's parser does not.
  const [small] = /t.*|z$/.exec(text) ?? []
  const problem = small?.startsWith('t')
    ? ` as "2006-01-02T15:04:05": cannot parse "${small}" as "T"`
    : ': extra text: "z"'
  if (small) throw new CelError(`Invalid date-time formatted string ${text}: parsing time "${text}"${problem}`)
  const value = parseTimestamp(text)
  if (!value) throw new CelError(`Invalid date-time formatted string ${text}`)
  return value
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function bytesValue(text: string): Value {
  const packed = text.replace(/[\r\n]/g, '')
  if (!base64.test(packed)) throw new CelError(`Invalid byte formatted string ${text}: illegal base64 data`)
  return new Uint8Array(Buffer.from(packed, 'base64'))
}

/** Throws CelError for a text that is not of its format. */
export function textValue(text: string, format: string | undefined): Value {
  switch (format) {
    case 'duration':
      return durationValue(text)
    case 'date':
      return dateValue(text)
    case 'date-time':
      return dateTimeValue(text)
    case 'byte':
      return bytesValue(text)
  }
  return text
}
