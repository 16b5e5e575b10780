/** Takes the schema of one kind out of a group version's OpenAPI v3 document. */
import type { KindRef } from '../machinery/kind.js'
import type { JsonSchema } from '../machinery/structural/json-schema.js'

type KindName = Pick<KindRef, 'group' | 'version' | 'kind'>
type Published = JsonSchema & { 'x-kubernetes-group-version-kind'?: KindName[] }

export interface OpenApiDocument {
  components?: { schemas?: Record<string, Published> }
}

/** A reference may stand in `allOf`, beside its description. */
const referenceOf = ({ $ref, allOf }: JsonSchema): string | undefined => $ref ?? allOf?.find(one => one.$ref)?.$ref

const mapValues = (record: Record<string, JsonSchema>, change: (schema: JsonSchema) => JsonSchema) =>
  Object.fromEntries(Object.entries(record).map(([name, schema]) => [name, change(schema)]))

/** A type within itself is an object of which no more is known; so is one that the document lacks. */
function filled(schema: JsonSchema, types: Record<string, Published>, around: readonly string[]): JsonSchema {
  const name = referenceOf(schema)?.replace(/^#\/components\/schemas\//, '')
  if (name !== undefined) {
    const found = around.includes(name) || !Object.hasOwn(types, name) ? undefined : types[name]
    return found ? filled(found, types, [...around, name]) : { type: 'object' }
  }
  const inner = (one: JsonSchema) => filled(one, types, around)
  const { properties, items, additionalProperties: additional } = schema
  return {
    ...schema,
    ...(properties && { properties: mapValues(properties, inner) }),
    ...(items && { items: Array.isArray(items) ? items.map(inner) : inner(items) }),
    ...(typeof additional === 'object' && { additionalProperties: inner(additional) }),
  }
}

/** With its references filled in; undefined when the document does not know the kind. */
export function publishedSchema({ components }: OpenApiDocument, wanted: KindName): JsonSchema | undefined {
  const types = components?.schemas ?? {}
  for (const [name, schema] of Object.entries(types)) {
    const kinds = schema['x-kubernetes-group-version-kind'] ?? []
    const isIt = kinds.some(k => k.group === wanted.group && k.version === wanted.version && k.kind === wanted.kind)
    if (isIt) return filled(schema, types, [name])
  }
  return undefined
}
