/** Lists that are sets or maps hold no element twice. */
import { duplicate, type FieldError, invalid } from '../field-error.js'
import { additionalOf, isJsonObject, itemsOf, type JsonObject, type JsonSchema, propertyOf } from './json-schema.js'

/** JSON with sorted names, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isJsonObject(value)) return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null')
  const fields = Object.keys(value).sort()
  return `{${fields.map(name => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(',')}}`
}

/** Indexes of what was there before; a third copy is not told again. */
function repeated(values: readonly unknown[]): number[] {
  const times = new Map<string, number>()
  return values.flatMap((value, i) => {
    const text = canonicalJson(value)
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    return before === 1 ? [i] : []
  })
}

const keyOf = (item: unknown, keys: readonly string[]): JsonObject =>
  Object.fromEntries(
    isJsonObject(item) ? keys.filter(key => Object.hasOwn(item, key)).map(key => [key, item[key]]) : [],
  )

function mapErrors(path: string, keys: readonly string[], list: readonly unknown[]): FieldError[] {
  const odd = list.findIndex(item => item !== null && !isJsonObject(item))
  if (odd >= 0) return [invalid(`${path}[${odd}]`, list[odd], 'must be an object for an array of list-type map')]
  const found = list.map(item => keyOf(item, keys))
  return repeated(found).map(i => duplicate(`${path}[${i}]`, found[i]))
}

function* listErrors(path: string, schema: JsonSchema, list: readonly unknown[]): Generator<FieldError> {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') for (const i of repeated(list)) yield duplicate(`${path}[${i}]`, list[i])
  if (type === 'map') yield* mapErrors(path, schema['x-kubernetes-list-map-keys'] ?? [], list)
  const items = itemsOf(schema)
  if (items) for (let i = 0; i < list.length; i++) yield* listTypeErrors(`${path}[${i}]`, items, list[i])
}

/** Errors of all lists below `value`. Paths are relative to `path`, which is `''` for the object itself. */
export function* listTypeErrors(path: string, schema: JsonSchema, value: unknown): Generator<FieldError> {
  if (Array.isArray(value)) yield* listErrors(path, schema, value)
  if (!isJsonObject(value)) return
  const additional = additionalOf(schema)
  for (const name of Object.keys(value).sort()) {
    if (additional) yield* listTypeErrors(`${path}[${name}]`, additional, value[name])
    const property = propertyOf(schema, name)
    if (property) yield* listTypeErrors(path ? `${path}.${name}` : name, property, value[name])
  }
}
