/** Types of built-in kinds in the form in which custom resources declare theirs: OpenAPI v3 with its references filled in. */
import type { JsonSchema } from '../structural/json-schema.js'
import type { FieldSchema, SchemaSet } from './types.js'

/** Definitions of upstream's that have no type but a choice of several. */
const untyped: JsonSchema = {}
const instant: JsonSchema = { type: 'string', format: 'date-time' }

const scalars: Partial<Record<FieldSchema['type'], JsonSchema>> = {
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  time: instant,
  microtime: instant,
  quantity: untyped,
  'int-or-string': { 'x-kubernetes-int-or-string': true },
}

/** What is raw within schemas may be of any type; elsewhere it is an object, of which nothing more is known. */
const raw = (owner: string): JsonSchema => (owner.startsWith('apiextensions.') ? untyped : { type: 'object' })

/** The schema of that type. Where a type holds itself, an object without fields stands, as upstream has it. */
export function asJsonSchema(schemas: SchemaSet, name: string, around: readonly string[] = []): JsonSchema {
  const type = schemas[name]
  if (!type || around.includes(name)) return { type: 'object' }
  const within = [...around, name]
  const schemaOf = (field: FieldSchema): JsonSchema => {
    const { type: kind, ref, items } = field
    if (kind === 'raw') return raw(name)
    if (kind === 'object') return ref === undefined ? { type: 'object' } : asJsonSchema(schemas, ref, within)
    if (kind === 'list') return { type: 'array', ...(items && { items: schemaOf(items) }) }
    if (kind === 'map') return { type: 'object', ...(items && { additionalProperties: schemaOf(items) }) }
    return scalars[kind] ?? untyped
  }
  const { fields, required } = type
  const properties = Object.fromEntries(Object.entries(fields).map(([field, schema]) => [field, schemaOf(schema)]))
  return { type: 'object', properties, ...(required && { required: [...required] }) }
}
