/** OpenAPI v2 knows less than v3: what it cannot say is left out, so that clients do not refuse what the server takes. */
import type { JsonSchema } from '../../../machinery/structural/json-schema.js'

type MapSchema = (schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema) => JsonSchema

const isNullable = (value: unknown) => (value as JsonSchema | undefined)?.nullable === true

/** Looks at children before they are changed: nullable ones may be absent. */
function relaxRequired(schema: JsonSchema): JsonSchema {
  const { required, properties = {}, additionalProperties } = schema
  if (!required) return schema
  const kept = isNullable(additionalProperties) ? [] : required.filter(name => !isNullable(properties[name]))
  const { required: _, ...rest } = schema
  return kept.length ? { ...rest, required: kept } : rest
}

function relax(schema: JsonSchema): JsonSchema {
  const { allOf: _a, oneOf: _o, anyOf: _n, not: _x, nullable, default: _d, ...rest } = schema
  const keepsUnknown = rest['x-kubernetes-preserve-unknown-fields'] === true
  if (nullable) delete rest.type
  if (nullable || keepsUnknown) {
    delete rest.items
    delete rest.properties
  }
  const isOpen = (rest.type === 'array' && !rest.items) || (rest.type === 'object' && keepsUnknown)
  if (isOpen) delete rest.type
  return rest
}

export const schemaForV2 = (schema: JsonSchema, map: MapSchema): JsonSchema => map(map(schema, relaxRequired), relax)
