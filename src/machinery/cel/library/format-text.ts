/** `'%s'.format([…])`: clauses as cel-go's strings library version 2 prints them, with English thousands separators. */
import {
  CelError,
  Duration,
  elementsOf,
  isList,
  isMap,
  Timestamp,
  TypeValue,
  typeNameOf,
  Uint,
  type Value,
} from '../values.js'
import { durationText, generalFloat, timestampText } from './go-text.js'

const defaultPrecision = 6

/** Go's `%q`, for what is printable. */
const quoted = (text: string): string => JSON.stringify(text)

const onlyFor = (clause: string, value: Value): never => {
  throw new CelError(`error during formatting: ${clause}, was given ${typeNameOf(value)}`)
}

function formatString(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return generalFloat(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (value instanceof Timestamp) return timestampText(value)
  if (value instanceof Duration) return durationText(value)
  if (value instanceof TypeValue) return value.name
  if (isList(value)) return `[${[...elementsOf(value)].map(literal).join(', ')}]`
  if (!isMap(value))
    return onlyFor(
      'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
      value,
    )
  const entries = [...value.keys()].map(key => [literal(key), literal(value.get(key)!)] as const)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([key, held]) => `${key}:${held}`)
    .join(', ')}}`
}

/** Within a list or map, as it would be written in an expression. */
function literal(value: Value): string {
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Uint8Array) return `b${quoted(Buffer.from(value).toString())}`
  if (typeof value === 'number')
    return Number.isFinite(value) ? value.toFixed(defaultPrecision) : quoted(generalFloat(value))
  if (value instanceof Timestamp) return `timestamp(${quoted(timestampText(value))})`
  if (value instanceof Duration) return `duration(${quoted(durationText(value))})`
  return formatString(value)
}

function formatInteger(value: Value): string {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Uint ? String(value.value) : onlyFor('decimal clause can only be used on integers', value)
}

function notFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '∞' : '-∞'
}

function formatFixed(value: Value, precision = defaultPrecision): string {
  if (typeof value !== 'number') return onlyFor('fixed-point clause can only be used on doubles', value)
  if (!Number.isFinite(value)) return notFinite(value)
  const [whole = '', fraction] = value.toFixed(precision).split('.')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/gu, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Whatever precision is asked for, cel-go prints six digits. */
function formatScientific(value: Value): string {
  if (typeof value !== 'number') return onlyFor('scientific clause can only be used on doubles', value)
  if (!Number.isFinite(value)) return notFinite(value)
  const [mantissa, power = '0'] = value.toExponential(defaultPrecision).split('e')
  const digits = String(Math.abs(Number(power))).padStart(2, '0')
  const raised = [...digits].map(digit => superscripts[Number(digit)]).join('')
  return `${mantissa}×10${Number(power) < 0 ? '⁻' : ''}${raised}`
}

function inBase(value: Value, base: 2 | 8 | 16, otherwise: string): string {
  if (typeof value === 'bigint') return value.toString(base)
  if (value instanceof Uint) return value.value.toString(base)
  return onlyFor(otherwise, value)
}

function formatBinary(value: Value): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return inBase(value, 2, 'only integers and bools can be formatted as binary')
}

function formatHex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return inBase(value, 16, 'only integers, byte buffers, and strings can be formatted as hex')
}

const clauses: Record<string, (value: Value, precision?: number) => string> = {
  s: formatString,
  d: formatInteger,
  f: formatFixed,
  e: formatScientific,
  b: formatBinary,
  o: value => inBase(value, 8, 'octal clause can only be used on integers'),
  x: formatHex,
  X: value => formatHex(value).toUpperCase(),
}

const unreadable = (why: string): never => {
  throw new CelError(`could not parse formatting clause: ${why}`)
}

/** Throws CelError. */
export function formatText(format: string, args: readonly Value[]): string {
  let next = 0
  return format.replace(/%(?:%|(\.\d*)?(.?))/gsu, (found, precision: string | undefined, clause: string) => {
    if (found === '%%') return '%'
    if (next >= args.length) throw new CelError(`index ${next} out of range`)
    if (found === '%') throw new CelError('unexpected end of string')
    if (!clause) unreadable('error while parsing precision: could not find end of precision specifier')
    const print = clauses[clause] ?? unreadable(`unrecognized formatting clause "${clause}"`)
    return print(args[next++]!, precision === undefined ? undefined : Number(precision.slice(1)))
  })
}
