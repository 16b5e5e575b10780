/** Fills the defaults that the schema of a custom resource states. */
import { cloneJson } from '../clone.js'
import { additionalOf, isJsonObject, itemsOf, type JsonSchema, propertyOf, setField } from './json-schema.js'

const needsValue = (value: unknown, schema: JsonSchema | undefined): schema is JsonSchema =>
  value === null && schema !== undefined && !schema.nullable

const defaultOf = (schema: JsonSchema): unknown => cloneJson(schema.default ?? null)

/** Changes `value` in place; running it again changes nothing. Defaults inside defaults are filled too. */
export function applySchemaDefaults(value: unknown, schema: JsonSchema | undefined): void {
  if (!schema) return
  if (Array.isArray(value)) fillList(value, schema)
  else if (isJsonObject(value)) fillObject(value, schema)
}

function fillList(list: unknown[], schema: JsonSchema): void {
  const items = itemsOf(schema)
  for (let i = 0; i < list.length; i++) {
    if (needsValue(list[i], items)) list[i] = defaultOf(items)
    applySchemaDefaults(list[i], items)
  }
}

function fillObject(object: Record<string, unknown>, schema: JsonSchema): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue
    if (!Object.hasOwn(object, name) || needsValue(object[name], property)) setField(object, name, defaultOf(property))
  }
  const additional = additionalOf(schema)
  for (const name of Object.keys(object)) {
    const property = propertyOf(schema, name)
    if (!property && needsValue(object[name], additional)) setField(object, name, defaultOf(additional))
    applySchemaDefaults(object[name], property ?? additional)
  }
}
