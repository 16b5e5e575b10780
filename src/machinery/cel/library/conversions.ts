/** `int()`, `string()` and the other conversions of CEL's standard, `type()` and `dyn()`. */

import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { type CelType, parseType } from '../types.js'
import { CelError, Duration, Timestamp, TypeValue, typeNameOf, Uint, type Value } from '../values.js'
import { durationText, generalFloat, timestampText } from './go-text.js'
import { timestamp } from './operators.js'
import { parseGoDuration, parseTimestamp } from './time-text.js'

const billion = 1_000_000_000n

function overflow(what = 'integer overflow'): never {
  throw new CelError(what)
}

const unreadable = (type: string): never => {
  throw new CelError(`type conversion error from 'string' to '${type}'`)
}

function parseInteger(text: string, signed: boolean): bigint {
  const type = signed ? 'int' : 'uint'
  if (!(signed ? /^[+-]?\d+$/u : /^\d+$/u).test(text)) unreadable(type)
  const value = BigInt(text.replace('+', ''))
  const fits = signed ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value
  return fits ? value : unreadable(type)
}

function toInt(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number')
    return Number.isFinite(value) && value > -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : overflow()
  if (typeof value === 'string') return parseInteger(value, true)
  if (value instanceof Uint) return value.value < 2n ** 63n ? value.value : overflow()
  if (value instanceof Timestamp) return (value.nanos - (((value.nanos % billion) + billion) % billion)) / billion
  return value instanceof Duration ? value.nanos : undefined
}

function toUint(value: Value): Uint | undefined {
  const tooBig = 'unsigned integer overflow'
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return value >= 0n ? new Uint(value) : overflow(tooBig)
  if (typeof value === 'number')
    return value >= 0 && value < 2 ** 64 ? new Uint(BigInt(Math.trunc(value))) : overflow(tooBig)
  return typeof value === 'string' ? new Uint(parseInteger(value, false)) : undefined
}

const special: Record<string, number> = { inf: Infinity, infinity: Infinity, nan: Number.NaN }

function parseFloat64(text: string): number {
  const named = special[text.replace(/^[+-]/u, '').toLowerCase()]
  if (named !== undefined) return text.startsWith('-') ? -named : named
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u.test(text)) unreadable('double')
  const value = Number(text)
  return Number.isFinite(value) ? value : unreadable('double')
}

function toDouble(value: Value): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  return typeof value === 'string' ? parseFloat64(value) : undefined
}

function toText(value: Value): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return generalFloat(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Timestamp) return timestampText(value)
  if (value instanceof Duration) return durationText(value)
  if (!(value instanceof Uint8Array)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
  }
}

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const falsehoods = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

function toBool(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  if (truths.has(value)) return true
  return falsehoods.has(value) ? false : unreadable('bool')
}

function toTimestamp(value: Value): Timestamp | undefined {
  if (value instanceof Timestamp) return value
  if (typeof value === 'bigint') return timestamp(value * billion)
  return typeof value === 'string' ? (parseTimestamp(value) ?? unreadable('google.protobuf.Timestamp')) : undefined
}

function toDuration(value: Value): Duration | undefined {
  if (value instanceof Duration) return value
  if (typeof value === 'bigint') return new Duration(value)
  return typeof value === 'string' ? (parseGoDuration(value) ?? unreadable('google.protobuf.Duration')) : undefined
}

function toBytes(value: Value): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  return typeof value === 'string' ? Buffer.from(value) : undefined
}

/** Overloads are named after what goes in and out: `uint64_to_int64`. */
function conversion(to: string, from: readonly string[], call: (value: Value) => Value | undefined) {
  const id = (type: string) => type.replace(/^u?int$/u, '$&64')
  const overloads = from.map(type => `${id(type)}_to_${id(to)}: (${type}) -> ${to}`)
  return defineFunction(to, overloads, value => call(value!))
}

/** A type's name is a value: `type(1) == int`. */
export const namedTypes: ReadonlyMap<string, CelType> = new Map(
  Object.entries({
    bool: 'bool',
    bytes: 'bytes',
    double: 'double',
    int: 'int',
    uint: 'uint',
    string: 'string',
    null_type: 'null_type',
    list: 'list(dyn)',
    map: 'map(dyn, dyn)',
    type: 'type(dyn)',
    'google.protobuf.Timestamp': 'timestamp',
    'google.protobuf.Duration': 'duration',
    optional_type: 'optional_type(dyn)',
  }).map(([name, type]) => [name, parseType(type)]),
)

export const conversions: readonly FunctionDeclaration[] = [
  conversion('bool', ['bool', 'string'], toBool),
  conversion('bytes', ['bytes', 'string'], toBytes),
  conversion('double', ['double', 'int', 'string', 'uint'], toDouble),
  conversion('duration', ['duration', 'int', 'string'], toDuration),
  conversion('int', ['int', 'double', 'duration', 'string', 'timestamp', 'uint'], toInt),
  conversion('string', ['string', 'bool', 'bytes', 'double', 'duration', 'int', 'timestamp', 'uint'], toText),
  conversion('timestamp', ['timestamp', 'int', 'string'], toTimestamp),
  conversion('uint', ['uint', 'double', 'int', 'string'], toUint),
  defineFunction('dyn', ['to_dyn: (A) -> dyn'], value => value),
  defineFunction('type', ['type: (A) -> type(A)'], value => new TypeValue(typeNameOf(value!))),
]
