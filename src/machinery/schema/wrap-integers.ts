/** Numbers as Go's converter of untyped objects sets them: a whole one fits any integer, by wrapping round. */
import { type ResolvedField, type ResolvedType, resolveType } from './resolve.js'
import type { SchemaSet } from './types.js'

const bits = { int32: 32, int64: 64 } as const
const least = -(2n ** 63n)

/** Go on amd64 makes the least int64 of a float that is beyond them all. */
function wrapped(value: number | bigint, { schema }: ResolvedField): number | bigint {
  const whole = BigInt(value)
  const long = whole < least || whole >= -least ? least : whole
  const set = BigInt.asIntN(bits[schema.format === 'int32' ? 'int32' : 'int64'], long)
  return Number.isSafeInteger(Number(set)) ? Number(set) : set
}

const isWhole = (value: unknown): value is number | bigint => typeof value === 'bigint' || Number.isInteger(value)

function wrapField(field: ResolvedField, value: unknown): unknown {
  if (field.type === 'integer') return isWhole(value) ? wrapped(value, field) : value
  if (typeof value !== 'object' || value === null) return value
  if (field.type === 'list' && Array.isArray(value)) return value.map(item => wrapField(field.items!, item))
  if (Array.isArray(value)) return value
  if (field.type === 'map') return mapFields(value, () => field.items)
  return field.type === 'object' && field.struct ? wrapStruct(field.struct, value) : value
}

const mapFields = (value: object, fieldOf: (name: string) => ResolvedField | undefined) =>
  Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const field = fieldOf(name)
      return [name, field ? wrapField(field, inner) : inner]
    }),
  )

const wrapStruct = (type: ResolvedType, value: object) => mapFields(value, name => type.fields.get(name))

/** A copy of the document in which all whole numbers fit their fields. */
export const wrapIntegers = (schemas: SchemaSet, typeName: string, document: object): object =>
  wrapStruct(resolveType(schemas, typeName), document)
