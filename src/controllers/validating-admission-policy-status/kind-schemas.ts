/** Finds the schemas of kinds, built-in and custom, by which expressions are checked. */
import { loadSchemas } from '../../apis/generated/schema.js'
import { builtinKinds } from '../../apis/index.js'
import type { Client } from '../../client/client.js'
import { asJsonSchema } from '../../machinery/schema/as-json-schema.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'
import type { CheckedKind } from './types-to-check.js'

/** A resource within a resource has the metadata that every object has, whatever its definition says; so has the outermost. */
function withMetadata(schema: JsonSchema, metadata: JsonSchema, isResource: boolean): JsonSchema {
  const inner = (one: JsonSchema) => withMetadata(one, metadata, one['x-kubernetes-embedded-resource'] === true)
  const { properties, items, additionalProperties: additional } = schema
  const known = Object.entries(properties ?? {}).map(([name, property]): [string, JsonSchema] => [
    name,
    inner(property),
  ])
  const text: JsonSchema = { type: 'string' }
  return {
    ...schema,
    ...((properties || isResource) && {
      properties: { ...Object.fromEntries(known), ...(isResource && { kind: text, apiVersion: text, metadata }) },
    }),
    ...(items && { items: Array.isArray(items) ? items.map(inner) : inner(items) }),
    ...(typeof additional === 'object' && { additionalProperties: inner(additional) }),
  }
}

/** Undefined for a kind that nobody serves, or of which no schema is published. */
export async function schemaOfKind(kind: CheckedKind, client: Client): Promise<JsonSchema | undefined> {
  const isIt = (other: CheckedKind) =>
    other.group === kind.group && other.version === kind.version && other.kind === kind.kind
  const schemas = loadSchemas()
  const builtin = builtinKinds.find(isIt)
  if (builtin) return asJsonSchema(schemas, builtin.schema)
  const custom = await client.customSchema(kind)
  return custom && withMetadata(custom, asJsonSchema(schemas, 'meta.v1.ObjectMeta'), true)
}
