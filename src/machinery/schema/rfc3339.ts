/** Reads times as Go does and prints them as Kubernetes does: `2006-01-02T15:04:05Z`, or with six digits of fraction. */

const layouts = { time: '2006-01-02T15:04:05Z07:00', microtime: '2006-01-02T15:04:05.000000Z07:00' }

/** The parts of a layout in reading order: pattern, layout element, range of the number, name in errors. */
const parts: { pattern: RegExp; element: string; range?: readonly [number, number]; name?: string }[] = [
  { pattern: /^\d{4}/, element: '2006' },
  { pattern: /^-/, element: '-' },
  { pattern: /^\d\d/, element: '01', range: [1, 12], name: 'month' },
  { pattern: /^-/, element: '-' },
  { pattern: /^\d\d/, element: '02' },
  { pattern: /^T/, element: 'T' },
  { pattern: /^\d\d?/, element: '15', range: [0, 23], name: 'hour' },
  { pattern: /^:/, element: ':' },
  { pattern: /^\d\d/, element: '04', range: [0, 59], name: 'minute' },
  { pattern: /^:/, element: ':' },
  { pattern: /^\d\d/, element: '05', range: [0, 59], name: 'second' },
]
const zone = { pattern: /^(?:Z|[+-]\d\d:\d\d)/, element: 'Z07:00' }
const fraction = {
  time: { pattern: /^(?:[.,]\d+)?/, element: '' },
  microtime: { pattern: /^\.\d{6}/, element: '.000000' },
}

/** The text is no such time; the message is Go's. */
export class TimeFormatError extends Error {}

export type TimeKind = 'time' | 'microtime'

function outOfRange(text: string, what: string): TimeFormatError {
  return new TimeFormatError(`parsing time ${JSON.stringify(text)}: ${what} out of range`)
}

/** Finds what is wrong, in Go's order: element by element, then what is left over, then the day of the month. */
function diagnose(text: string, kind: TimeKind): TimeFormatError {
  let rest = text
  const read = ({ pattern, element }: { pattern: RegExp; element: string }) => {
    const found = pattern.exec(rest)
    if (!found) {
      const [value, layout, at, wanted] = [text, layouts[kind], rest, element].map(part => JSON.stringify(part))
      throw new TimeFormatError(`parsing time ${value} as ${layout}: cannot parse ${at} as ${wanted}`)
    }
    rest = rest.slice(found[0].length)
    return found[0]
  }
  try {
    for (const part of parts) {
      const number = Number(read(part))
      if (part.range && (number < part.range[0] || number > part.range[1])) return outOfRange(text, part.name!)
    }
    read(fraction[kind])
    const [, hours, minutes] = /^.(\d\d):(\d\d)$/.exec(read(zone)) ?? []
    if (Number(hours) > 24) return outOfRange(text, 'time zone offset hour')
    if (Number(minutes) > 60) return outOfRange(text, 'time zone offset minute')
  } catch (error) {
    return error as TimeFormatError
  }
  if (rest) return new TimeFormatError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`)
  return outOfRange(text, 'day')
}

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

const daysIn = (year: number, month: number) =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31

/** Milliseconds since the epoch of a well-formed time, its fraction left out; undefined when a part is out of range. */
function wholeSeconds(parts: readonly (string | undefined)[]): number | undefined {
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const [sign, zoneHours, zoneMinutes] = [parts[8], Number(parts[9] ?? 0), Number(parts[10] ?? 0)]
  const inRange =
    month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60
  if (!inRange || zoneHours > 24 || zoneMinutes > 60) return undefined
  const time = new Date(0)
  time.setUTCFullYear(year, month - 1, day)
  time.setUTCHours(hour, minute, second)
  return time.getTime() - (zoneHours * 60 + zoneMinutes) * (sign === '-' ? -60_000 : 60_000)
}

const canonicalTime = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/**
 * The time in UTC as Kubernetes prints it, `undefined` for Go's zero time; a `time` loses its fraction, a `microtime` must have six
 * digits of it. Throws a TimeFormatError.
 */
export function normalizeTime(text: string, kind: TimeKind): string | undefined {
  if (kind === 'time' && canonicalTime.test(text) && !text.startsWith('0001')) return text
  const match = pattern.exec(text)
  const seconds = match ? wholeSeconds(match) : undefined
  const digits = match?.[7] ?? ''
  if (seconds === undefined || (kind === 'microtime' && digits.length !== 6)) throw diagnose(text, kind)
  const whole = new Date(seconds).toISOString().slice(0, 19)
  if (whole === '0001-01-01T00:00:00' && /^0*$/.test(digits)) return undefined
  return kind === 'time' ? `${whole}Z` : `${whole}.${digits}Z`
}
