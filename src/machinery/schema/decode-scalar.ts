/** Decodes the values that JSON holds as one text or number: times, quantities, bytes, integers. */
import { stringifyJson } from '../json/stringify.js'
import { formatQuantity, parseQuantity, roundUpQuantity } from '../quantity.js'
import type { ResolvedField } from './resolve.js'
import { normalizeTime } from './rfc3339.js'

/** JSON's name of a value in Go's errors. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'number'
  return value === null ? 'null' : typeof value
}

/** The value does not fit its Go type; the decoder adds where it stands. */
export class TypeMismatch extends Error {
  constructor(
    readonly value: string,
    readonly goType: string,
    /** A number that is no int64. */
    readonly isFloat = false,
  ) {
    super(`json: cannot unmarshal ${value} into Go value of type ${goType}`)
  }
}

export const mismatchOf = (value: unknown, goType: string): TypeMismatch =>
  new TypeMismatch(jsonKind(value), goType, isFloat(value))

const isFloat = (value: unknown) =>
  typeof value === 'bigint' ? value !== BigInt.asIntN(64, value) : typeof value === 'number' && !isLong(value)

const isLong = (value: number) => Number.isInteger(value) && Math.abs(value) < 2 ** 63

const limits = {
  uint8: [0n, 255n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const

/**
 * Integers beyond 2^53 must come as bigint, or they were rounded before they got here; those that fit a number become one.
 * That JSON wrote a number as `1.0` or `1e3` cannot be seen here: decode.ts refuses it before.
 */
function decodeInteger(value: unknown, field: ResolvedField): number | bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatchOf(value, field.goType)
  const isWhole = typeof value === 'bigint' || Number.isInteger(value)
  const [least, most] = limits[field.schema.format as keyof typeof limits] ?? limits.int64
  if (!isWhole || value < least || value > most) throw new TypeMismatch(`number ${value}`, field.goType)
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value)
  return value === 0 ? 0 : value
}

/** Where Go's decoder finds fault: at the first byte that is no base64, else where the last, incomplete group of four starts. */
function base64ErrorOffset(text: string): number {
  const at = text.search(/[^A-Za-z0-9+/]/)
  if (at < 0) return text.length - (text.length % 4)
  if (text[at] !== '=' || at % 4 < 2) return at
  if (at % 4 === 3) return at + 1
  if (at + 1 === text.length) return text.length
  return text[at + 1] === '=' ? at + 2 : at
}

/** Standard base64, as Go prints it again. Line breaks are skipped; a list of numbers is taken as bytes. */
function decodeBytes(value: unknown, field: ResolvedField): string {
  if (Array.isArray(value))
    return Buffer.from(value.map(item => (item === null ? 0 : Number(decodeInteger(item, uint8))))).toString('base64')
  if (typeof value !== 'string') throw mismatchOf(value, field.goType)
  const text = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw new Error(`illegal base64 data at input byte ${base64ErrorOffset(text)}`)
  // Bits beyond the last byte are dropped, so the same bytes always have the same text.
  return text.endsWith('=') ? Buffer.from(text, 'base64').toString('base64') : text
}

/** Canonical text. Resource lists of core types are rounded up to thousandths, as upstream's defaults do. */
function decodeQuantity(value: unknown, inResourceList: boolean): string {
  const text = typeof value === 'string' ? value.trim() : stringifyJson(value)
  if (inResourceList && /[.nue]/.test(text)) return formatQuantity(roundUpQuantity(parseQuantity(text), -3))
  return formatQuantity(text)
}

function decodeTime(value: unknown, kind: 'time' | 'microtime'): string | undefined {
  if (typeof value !== 'string') throw mismatchOf(value, 'string')
  return normalizeTime(value, kind)
}

const uint8 = { schema: { format: 'uint8' }, goType: 'uint8' } as ResolvedField
const int32 = { schema: { format: 'int32' }, goType: 'int32' } as ResolvedField

/**
 * Decodes one value that is not null; `undefined` stands for Go's zero time. Throws a TypeMismatch, or an Error with the message
 * of the type's own parser.
 */
export function decodeScalar(value: unknown, field: ResolvedField, inResourceList: boolean): unknown {
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') throw mismatchOf(value, field.goType)
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatchOf(value, field.goType)
      return value
    case 'integer':
      return decodeInteger(value, field)
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatchOf(value, field.goType)
      return Number(value)
    case 'bytes':
      return decodeBytes(value, field)
    case 'time':
    case 'microtime':
      return decodeTime(value, field.type)
    case 'quantity':
      return decodeQuantity(value, inResourceList)
    case 'int-or-string':
      return typeof value === 'string' ? value : decodeInteger(value, int32)
    default:
      return value
  }
}
