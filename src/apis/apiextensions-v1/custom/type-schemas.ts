/** A custom resource's schema in the form that built-in types have, which server-side apply reads. */
import type { FieldSchema, FieldType, SchemaSet, TypeSchema } from '../../../machinery/schema/types.js'
import { additionalOf, itemsOf, type JsonSchema } from '../../../machinery/structural/json-schema.js'

const scalars: Readonly<Record<string, FieldType>> = {
  string: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
}

const typeMeta: Readonly<Record<string, FieldSchema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object', ref: 'meta.v1.ObjectMeta' },
}

/** Nobody owns the metadata of an object as such. */
const rootMeta = { ...typeMeta, metadata: { type: 'object', ref: 'meta.v1.ObjectMeta', byValue: true } } as const

/** Whatever JSON holds, merged as it comes. */
const anything: FieldSchema = { type: 'object' }

class Converter {
  readonly types: Record<string, TypeSchema> = {}

  constructor(private readonly root: string) {}

  /** Declares a type; its fields are those of the schema, and type and metadata where it is a resource. */
  declare(name: string, schema: JsonSchema, meta: Readonly<Record<string, FieldSchema>>): string {
    const properties = Object.entries(schema.properties ?? {})
    const fields = properties.map(([field, inner]) => [field, this.field(`${name}.${field}`, inner)])
    this.types[name] = {
      name,
      fields: { ...Object.fromEntries(fields), ...meta },
      ...(schema['x-kubernetes-preserve-unknown-fields'] && { others: anything }),
      ...(schema['x-kubernetes-map-type'] === 'atomic' && { atomic: true }),
    }
    return name
  }

  private field(name: string, schema: JsonSchema): FieldSchema {
    const common = schema.default === undefined ? {} : { default: schema.default }
    if (schema['x-kubernetes-int-or-string']) return { type: 'int-or-string', ...common }
    if (schema.type === 'array') return { ...this.list(name, schema), ...common }
    if (schema.type === 'object') return { ...this.object(name, schema), ...common }
    const type = scalars[schema.type ?? '']
    return type ? { type, ...common } : anything
  }

  private list(name: string, schema: JsonSchema): FieldSchema {
    const type = schema['x-kubernetes-list-type']
    const keys = schema['x-kubernetes-list-map-keys']
    return {
      type: 'list',
      items: this.field(`${name}[]`, itemsOf(schema) ?? {}),
      ...((type === 'set' || type === 'map') && { listType: type }),
      ...(keys && { listMapKeys: keys }),
    }
  }

  private object(name: string, schema: JsonSchema): FieldSchema {
    const isResource = schema['x-kubernetes-embedded-resource'] === true
    const additional = additionalOf(schema)
    const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}
    if (additional) return { type: 'map', items: this.field(`${name}{}`, additional), ...atomic }
    if (!schema.properties && !isResource) return { ...anything, ...atomic }
    return { type: 'object', ref: this.declare(`${this.root}:${name}`, schema, isResource ? typeMeta : {}), ...atomic }
  }
}

/** `name` is that of the kind's own type; the types of metadata come from `builtin`. */
export function typeSchemasOf(name: string, schema: JsonSchema, builtin: SchemaSet): SchemaSet {
  const converter = new Converter(name)
  converter.declare(name, schema, rootMeta)
  const meta = Object.entries(builtin).filter(([type]) => type.startsWith('meta.v1.'))
  return { ...Object.fromEntries(meta), ...converter.types }
}
