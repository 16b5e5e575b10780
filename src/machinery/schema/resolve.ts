/** Schemas with their references resolved, made when first needed: what decoding, defaults and protobuf walk. */
import type { FieldSchema, FieldType, SchemaSet, TypeSchema } from './types.js'

/** A field, list element or map value. */
export interface ResolvedField {
  /** The JSON name; `''` for elements. */
  readonly name: string
  readonly type: FieldType
  readonly schema: FieldSchema
  /** Elements of a list, values of a map. */
  readonly items: ResolvedField | undefined
  /** The type of an object, or of the objects inside a `raw` union such as JSONSchemaPropsOrBool. */
  readonly struct: ResolvedType | undefined
  /** Go's name of the type, such as `[]v1.Container`. */
  readonly goType: string
  /** Go leaves the field out when it holds a zero value or an empty list or map. */
  readonly omitsZero: boolean
  /** A resource list that upstream's defaults round up to thousandths. */
  readonly rounded: boolean
}

export interface ResolvedType {
  readonly name: string
  /** Go's name without its package: `DeploymentSpec`. */
  readonly goName: string
  readonly fields: ReadonlyMap<string, ResolvedField>
}

const scalarGoTypes: Partial<Record<FieldType, string>> = {
  string: 'string',
  boolean: 'bool',
  number: 'float64',
  bytes: '[]uint8',
  time: 'v1.Time',
  microtime: 'v1.MicroTime',
  quantity: 'resource.Quantity',
  'int-or-string': 'intstr.IntOrString',
  raw: 'runtime.RawExtension',
}

/** `apps.v1.DeploymentSpec` → `v1.DeploymentSpec`. */
const structGoType = (ref: string) => ref.slice(ref.indexOf('.') + 1)

/** Kinds that upstream stores as JSON: an empty list survives there, while protobuf knows only absent ones. */
const storedAsJson = /^(apiextensions|apiregistration)\./

class Field implements ResolvedField {
  readonly type: FieldType
  readonly omitsZero: boolean
  readonly rounded: boolean
  private resolvedItems: ResolvedField | undefined
  private resolvedStruct: ResolvedType | undefined

  constructor(
    readonly name: string,
    readonly schema: FieldSchema,
    private readonly owner: { schemas: SchemaSet; type: string; goType: string | undefined },
  ) {
    this.type = schema.type
    const inList = name === ''
    const keepsEmpty = schema.type === 'list' && schema.unset !== undefined && storedAsJson.test(owner.type)
    this.omitsZero = !inList && !schema.pointer && !keepsEmpty
    this.rounded = owner.goType === 'v1.ResourceList' && owner.type.startsWith('core.')
  }

  get items(): ResolvedField | undefined {
    if (this.resolvedItems) return this.resolvedItems
    const { items } = this.schema
    if (!items) return undefined
    const goType = /^(?:\[\]|map\[[\w.]+\])(.+)$/.exec(this.owner.goType ?? '')?.[1]
    return (this.resolvedItems = new Field('', items, { ...this.owner, goType }))
  }

  get struct(): ResolvedType | undefined {
    if (this.resolvedStruct) return this.resolvedStruct
    const { ref } = this.schema
    if (!ref) return undefined
    const target = this.type === 'raw' ? 'apiextensions.v1.JSONSchemaProps' : ref
    return (this.resolvedStruct = resolveType(this.owner.schemas, target))
  }

  get goType(): string {
    if (this.owner.goType) return this.owner.goType
    if (this.type === 'list') return `[]${this.items!.goType}`
    if (this.type === 'map') return `map[string]${this.items!.goType}`
    if (this.type === 'integer') return this.schema.format ?? 'int64'
    if (this.type === 'object') return this.schema.ref ? structGoType(this.schema.ref) : 'map[string]interface {}'
    return scalarGoTypes[this.type]!
  }
}

const resolved = new WeakMap<SchemaSet, Map<string, ResolvedType>>()

function resolve(schemas: SchemaSet, schema: TypeSchema): ResolvedType {
  const fields = new Map<string, ResolvedField>()
  for (const [name, field] of Object.entries(schema.fields))
    fields.set(name, new Field(name, field, { schemas, type: schema.name, goType: field.goType }))
  return { name: schema.name, goName: schema.name.slice(schema.name.lastIndexOf('.') + 1), fields }
}

/** The type of that name; throws when the set has none, which is a programming error. */
export function resolveType(schemas: SchemaSet, name: string): ResolvedType {
  let types = resolved.get(schemas)
  if (!types) resolved.set(schemas, (types = new Map()))
  let type = types.get(name)
  if (!type) {
    const schema = schemas[name]
    if (!schema) throw new Error(`no schema of ${name}`)
    types.set(name, (type = resolve(schemas, schema)))
  }
  return type
}
