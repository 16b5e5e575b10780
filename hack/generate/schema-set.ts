/** Writes the SchemaSet of src/machinery/schema/types.ts for the served kinds. */
import type { FieldSchema, FieldType, SchemaSet, TypeSchema } from '../../src/machinery/schema/types.js'
import type { Definition, Shape } from './definitions.js'
import { byField, type Facts, fieldSet } from './facts.js'
import { shortName } from './naming.js'
import { protobufNumbers } from './protobuf-numbers.js'

/** Types that JSON holds as a plain value. */
const plainTypes: Record<string, FieldType> = {
  Time: 'time',
  MicroTime: 'microtime',
  Quantity: 'quantity',
  IntOrString: 'int-or-string',
  RawExtension: 'raw',
  FieldsV1: 'raw',
  JSON: 'raw',
  JSONSchemaPropsOrArray: 'raw',
  JSONSchemaPropsOrBool: 'raw',
  JSONSchemaPropsOrStringArray: 'raw',
}

/** What Go prints for an unset field without omitempty. */
const unsetValues: Partial<Record<FieldType, FieldSchema['unset']>> = {
  string: '',
  integer: 0,
  number: 0,
  boolean: false,
  quantity: '0',
  'int-or-string': 0,
}

const isZero = (value: unknown) => value === '' || value === 0 || value === false

class SchemaBuilder {
  private readonly pointers: Set<string>
  private readonly byValue: Set<string>
  private readonly always: Set<string>
  private readonly goTypes: Map<string, string>

  constructor(private readonly facts: Facts) {
    this.pointers = fieldSet(facts.proto.pointers)
    this.byValue = fieldSet(facts.go.byValue)
    this.always = fieldSet(facts.go.always)
    this.goTypes = byField(facts.go.goTypes)
  }

  type(definition: Definition): TypeSchema {
    const numbers = protobufNumbers(this.facts.proto, definition.short)
    const fields: Record<string, FieldSchema> = {}
    for (const [name, shape] of Object.entries(definition.fields)) {
      const path = numbers.get(name)
      fields[name] = {
        ...this.shape(shape),
        ...this.goFacts(`${definition.short}.${name}`, shape),
        ...(path && { number: path.at(-1)! }),
        ...(path && path.length > 1 && { inlined: path }),
      }
    }
    return {
      name: definition.short,
      fields,
      ...(definition.required.length > 0 && { required: definition.required }),
      ...(definition.mapType === 'atomic' && { atomic: true }),
    }
  }

  /** What hangs on how the Go type holds the field. */
  private goFacts(key: string, shape: Shape): Partial<FieldSchema> {
    const pointer = this.pointers.has(key)
    const byValue = this.byValue.has(key)
    const { type } = this.baseType(shape)
    const [group, version, kind, ...field] = key.split('.')
    const value = this.facts.api.defaults[`${group}.${version}.${kind}`]?.[field.join('.')]
    return {
      ...(byValue && { byValue }),
      ...(pointer && { pointer: true }),
      ...(this.always.has(key) && { unset: this.unset(type, pointer, byValue) }),
      ...(this.goTypes.has(key) && { goType: this.goTypes.get(key)! }),
      ...(value !== undefined && { [pointer || !isZero(value) ? 'default' : 'zeroDefault']: value }),
    }
  }

  private unset(type: FieldType, pointer: boolean, byValue: boolean): FieldSchema['unset'] {
    const isStruct = type === 'quantity' || type === 'int-or-string'
    return pointer || (isStruct && !byValue) ? null : (unsetValues[type] ?? null)
  }

  private shape(shape: Shape): FieldSchema {
    const mergeFacts: Partial<FieldSchema> = {
      ...(shape.enum && { enum: shape.enum }),
      ...(shape.listType && { listType: shape.listType as 'atomic' | 'set' | 'map' }),
      ...(shape.listMapKeys && { listMapKeys: shape.listMapKeys }),
      ...(shape.mapType === 'atomic' && { atomic: true }),
      ...(shape.mapType === 'granular' && { atomic: false }),
      ...(shape.patchStrategy && { patchStrategy: shape.patchStrategy }),
      ...(shape.patchMergeKey && { patchMergeKey: shape.patchMergeKey }),
    }
    // Lists are atomic unless they say otherwise: the schema leaves that out.
    if (mergeFacts.listType === 'atomic') delete mergeFacts.listType
    return { ...this.baseType(shape), ...mergeFacts }
  }

  private baseType(shape: Shape): FieldSchema {
    if (shape.ref) {
      const short = shortName(shape.ref)
      const plain = plainTypes[short.slice(short.lastIndexOf('.') + 1)]
      if (!plain) return { type: 'object', ref: short }
      return short.includes('.JSONSchemaPropsOr') ? { type: plain, ref: short } : { type: plain }
    }
    if (shape.items) return { type: 'list', items: this.shape(shape.items) }
    if (shape.values) return { type: 'map', items: this.shape(shape.values) }
    if (shape.type === 'object') return { type: 'raw' }
    if (shape.type === 'string') return { type: shape.format === 'byte' ? 'bytes' : 'string' }
    return { type: shape.type as FieldType, ...(shape.format && { format: shape.format }) }
  }
}

/** Plain values have none, nor has version.Info, which is no API object. An empty struct is written as a scalar in OpenAPI. */
const hasSchema = ({ short, scalar }: Definition) =>
  scalar ? short.endsWith('.CustomResourceSubresourceStatus') : /^\w+\.v\d/.test(short)

/** Forms that any object and list can be asked for in; they have no path of their own. */
const metadataOnly: Record<string, TypeSchema> = Object.fromEntries(
  (
    [
      ['PartialObjectMetadata', { metadata: { type: 'object', ref: 'meta.v1.ObjectMeta', byValue: true, number: 1 } }],
      [
        'PartialObjectMetadataList',
        {
          metadata: { type: 'object', ref: 'meta.v1.ListMeta', byValue: true, number: 1 },
          items: {
            type: 'list',
            items: { type: 'object', ref: 'meta.v1.PartialObjectMetadata' },
            unset: null,
            number: 2,
          },
        },
      ],
    ] satisfies [string, TypeSchema['fields']][]
  ).map(([kind, fields]) => {
    const name = `meta.v1.${kind}`
    return [name, { name, fields: { apiVersion: { type: 'string' }, kind: { type: 'string' }, ...fields } }]
  }),
)

/** Schemas of the given definitions by short name. */
export function buildSchemaSet(definitions: Iterable<Definition>, facts: Facts): SchemaSet {
  const builder = new SchemaBuilder(facts)
  const set: Record<string, TypeSchema> = { ...metadataOnly }
  for (const definition of definitions) if (hasSchema(definition)) set[definition.short] = builder.type(definition)
  return set
}

/** A literal in single quotes: JSON is full of double ones. */
const quote = (text: string) => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`

/** The TypeScript module that holds the set as one JSON text, parsed when first asked for. */
export const schemaModule = (set: SchemaSet): string => `/** Generated by \`npm run generate\`; do not edit. */
import type { SchemaSet } from '../../machinery/schema/types.js'

const text = ${quote(JSON.stringify(set))}

let loaded: SchemaSet | undefined

/** Schemas of all built-in types by short name; parsed at the first call. */
export function loadSchemas(): SchemaSet {
  return (loaded ??= JSON.parse(text) as SchemaSet)
}
`
