/** Finds what a value was before an update, so that old faults may stay: upstream's ratcheting. */
import { fieldOf, isJsonObject, type JsonSchema } from './json-schema.js'

/** Equality of JSON values; the order of fields does not matter. */
export function deepEqualJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((v, i) => deepEqualJson(v, b[i]))
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every(name => Object.hasOwn(b, name) && deepEqualJson(a[name], b[name]))
}

type Old = { value: unknown } | undefined

/** What the field was; undefined where it is new, or where the schema says nothing of it. */
export function oldField(schema: JsonSchema, old: Old, name: string): Old {
  if (!old || !isJsonObject(old.value) || !Object.hasOwn(old.value, name)) return undefined
  return fieldOf(schema, name) && { value: old.value[name] }
}

/** What the element with the same keys was; only lists that are maps have such. */
export function oldItem(schema: JsonSchema, old: Old, item: unknown): Old {
  if (!old || schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old.value) || !isJsonObject(item))
    return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const found = old.value.find(
    candidate => isJsonObject(candidate) && keys.every(key => deepEqualJson(candidate[key], item[key])),
  )
  return found && { value: found }
}
