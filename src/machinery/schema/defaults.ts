/** Fills what a stored object always shows: defaults of the schema, structs held by value, fields that Go prints even when unset. */
import { type ResolvedField, type ResolvedType, resolveType } from './resolve.js'
import type { SchemaSet } from './types.js'

interface Filler {
  /** Fields to set when absent, with their value. */
  readonly values: readonly { name: string; value: unknown }[]
  /** Structs to create when absent. */
  readonly structs: readonly { name: string; type: ResolvedType }[]
  /** Fields that hold types in need of filling. */
  readonly nested: readonly { name: string; field: ResolvedField }[]
}

const fillers = new WeakMap<ResolvedType, Filler>()
const needs = new WeakMap<ResolvedType, boolean>()

/** The struct at the bottom of lists and maps, if any. */
function structOf(field: ResolvedField): ResolvedType | undefined {
  let inner: ResolvedField | undefined = field
  while (inner.items) inner = inner.items
  return inner.type === 'object' ? inner.struct : undefined
}

function valueToFill({ schema, type }: ResolvedField): { value: unknown } | undefined {
  if (schema.default !== undefined) return { value: schema.default }
  // An unset port is printed as 0, but defaults tell unset ports by their absence, and validation refuses those that stay.
  if (schema.unset === undefined || type === 'int-or-string') return undefined
  return { value: schema.unset }
}

/** Whether something in the type, however deep, may have to be filled. Recursive types count as they are first met. */
function needsFilling(type: ResolvedType): boolean {
  const known = needs.get(type)
  if (known !== undefined) return known
  needs.set(type, false)
  let needed = false
  for (const field of type.fields.values()) {
    const struct = structOf(field)
    if ((field.schema.byValue && field.struct) || valueToFill(field) || (struct && needsFilling(struct))) needed = true
  }
  needs.set(type, needed)
  return needed
}

function fillerOf(type: ResolvedType): Filler {
  let filler = fillers.get(type)
  if (filler) return filler
  const fields = [...type.fields.values()]
  filler = {
    values: fields.flatMap(field => {
      const found = valueToFill(field)
      return found ? [{ name: field.name, ...found }] : []
    }),
    structs: fields
      .filter(field => field.schema.byValue && field.struct)
      .map(field => ({ name: field.name, type: field.struct! })),
    nested: fields
      .filter(field => {
        const struct = structOf(field)
        return struct && needsFilling(struct)
      })
      .map(field => ({ name: field.name, field })),
  }
  fillers.set(type, filler)
  return filler
}

function fillStruct(type: ResolvedType, object: Record<string, unknown>): void {
  const { values, structs, nested } = fillerOf(type)
  for (const { name, value } of values) if (object[name] === undefined || object[name] === null) object[name] = value
  for (const { name } of structs) object[name] ??= {}
  for (const { name, field } of nested) {
    const value = object[name]
    if (value !== undefined && value !== null) fillValue(field, value)
  }
}

function fillValue(field: ResolvedField, value: unknown): void {
  if (field.type === 'object') fillStruct(field.struct!, value as Record<string, unknown>)
  else if (field.type === 'list') for (const element of value as unknown[]) fillValue(field.items!, element)
  else if (field.type === 'map')
    for (const key of Object.keys(value as object)) fillValue(field.items!, (value as Record<string, unknown>)[key])
}

/**
 * Changes `object` in place so that it prints as upstream prints it; running it again changes nothing. A Deployment without a status
 * gets `status: {}` and `strategy: {}`, its containers `resources: {}`, its container ports `protocol: TCP`; a Role without rules
 * gets `rules: null`, for Go prints an empty list so where its field lacks omitempty.
 */
export function applySchemaDefaults(schemas: SchemaSet, typeName: string, object: object): void {
  fillStruct(resolveType(schemas, typeName), object as Record<string, unknown>)
}
