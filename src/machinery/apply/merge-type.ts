/** How values of a type are merged: what a schema says of lists, maps and scalars, resolved when first needed. */
import type { FieldSchema, SchemaSet, TypeSchema } from '../schema/types.js'
import { fieldElement, type PathElement } from './path-element.js'

export type ScalarType = 'numeric' | 'string' | 'boolean' | 'untyped'

/** `any` is a scalar, a list or a map, as the value has it. */
export type Shape = 'scalar' | 'list' | 'map' | 'any'

/** A declared field. */
export interface MergeField {
  readonly element: PathElement
  /** The same as JSON. */
  readonly quoted: string
  readonly type: MergeType
  /** What an object shows without it being set: `null`, `0`, …; undefined for nothing. */
  readonly unset: unknown
  /** A struct that is always there. */
  readonly byValue: boolean
  /** Of a list's map key that is not set: its default, else Go's zero where that is printed. */
  readonly fallback: unknown
}

export interface MergeType {
  readonly shape: Shape
  readonly scalar: ScalarType
  /** A list or map that is one value. */
  readonly atomic: boolean
  /** Sorted names of the fields that tell the items of a list apart; empty for sets. */
  readonly keys: readonly string[]
  /** Of a map with declared fields. */
  field(name: string): MergeField | undefined
  fieldNames(): readonly string[]
  /** Items of a list, values of a map; undefined where only declared fields may stand. */
  readonly items: MergeType | undefined
}

const noKeys: readonly string[] = []

class Untyped implements MergeType {
  readonly shape = 'any'
  readonly scalar = 'untyped'
  readonly keys = noKeys
  constructor(readonly atomic: boolean) {}
  get items(): MergeType {
    return this
  }
  field(): undefined {
    return undefined
  }
  fieldNames(): readonly string[] {
    return noKeys
  }
}

/** Whatever JSON holds, as one value. */
const untypedAtomic: MergeType = new Untyped(true)
/** Whatever JSON holds: maps are merged key by key, lists are one value. */
export const deduced: MergeType = new Untyped(false)

/** What `any` is for this value; other types are what they are. */
export function typeFor(type: MergeType, value: unknown): MergeType {
  if (type.shape !== 'any' || value === undefined || value === null) return type
  if (Array.isArray(value)) return listOfAny
  if (typeof value === 'object') return type.atomic ? atomicMapOfAny : mapOfAny
  return anyScalar
}

const plain = { scalar: 'untyped', keys: noKeys, field: () => undefined, fieldNames: () => noKeys } as const
const anyScalar: MergeType = { ...plain, shape: 'scalar', atomic: false, items: undefined }
const listOfAny: MergeType = { ...plain, shape: 'list', atomic: true, items: untypedAtomic }
const mapOfAny: MergeType = { ...plain, shape: 'map', atomic: false, items: deduced }
const atomicMapOfAny: MergeType = { ...plain, shape: 'map', atomic: true, items: untypedAtomic }

const scalars: Partial<Record<FieldSchema['type'], ScalarType>> = {
  string: 'string',
  bytes: 'string',
  integer: 'numeric',
  number: 'numeric',
  boolean: 'boolean',
}

const shapeOf = ({ type }: FieldSchema): Shape =>
  type === 'list' ? 'list' : type === 'map' || type === 'object' ? 'map' : 'scalar'

/** The type of a field, list item or map value. */
class SchemaType implements MergeType {
  readonly shape: Shape
  readonly scalar: ScalarType
  readonly atomic: boolean
  readonly keys: readonly string[]
  readonly #struct: TypeSchema | undefined
  readonly #fields = new Map<string, MergeField | undefined>()
  #items: MergeType | undefined

  constructor(
    private readonly schemas: SchemaSet,
    private readonly schema: FieldSchema,
  ) {
    this.shape = shapeOf(schema)
    this.scalar = scalars[schema.type] ?? 'untyped'
    this.#struct = schema.ref ? schemas[schema.ref] : undefined
    this.keys = schema.listMapKeys ? [...schema.listMapKeys].sort() : noKeys
    const { listType = 'atomic', atomic = this.#struct?.atomic ?? false } = schema
    this.atomic = this.shape === 'list' ? listType === 'atomic' : atomic
  }

  get items(): MergeType | undefined {
    const items = this.schema.items ?? this.#struct?.others
    if (items) this.#items ??= newMergeType(this.schemas, items, '')
    return this.#items
  }

  field(name: string): MergeField | undefined {
    if (this.#fields.has(name)) return this.#fields.get(name)
    const fields = this.#struct?.fields
    const schema = fields && Object.hasOwn(fields, name) ? fields[name] : undefined
    const field = schema && newMergeField(this.schemas, { name, schema, owner: this.#struct!.name })
    // Only what is declared is remembered: anybody may ask for anything.
    if (field) this.#fields.set(name, field)
    return field
  }

  fieldNames(): readonly string[] {
    return Object.keys(this.#struct?.fields ?? {})
  }
}

function newMergeField(
  schemas: SchemaSet,
  { name, schema, owner }: { name: string; schema: FieldSchema; owner: string },
): MergeField {
  return {
    element: fieldElement(name),
    quoted: JSON.stringify(fieldElement(name)),
    type: newMergeType(schemas, schema, owner),
    unset: schema.unset,
    byValue: schema.byValue === true && schema.type === 'object' && schema.ref !== undefined,
    fallback: schema.default ?? schema.unset ?? schema.zeroDefault,
  }
}

/** Types of JSON inside CRD schemas are merged by key; RawExtensions are one value; objects without a type may hold anything. */
function newMergeType(schemas: SchemaSet, schema: FieldSchema, owner: string): MergeType {
  if (schema.type === 'raw') {
    if (owner === 'meta.v1.ManagedFieldsEntry') return mapOfAny
    return owner.startsWith('apiextensions.') ? deduced : untypedAtomic
  }
  if (schema.type === 'object' && !schema.ref) return deduced
  return new SchemaType(schemas, schema)
}

const known = new WeakMap<SchemaSet, Map<string, MergeType>>()

/** The type of that name; undefined when the set has none. */
export function mergeTypeOf(schemas: SchemaSet, name: string): MergeType | undefined {
  let types = known.get(schemas)
  if (!types) known.set(schemas, (types = new Map()))
  let type = types.get(name)
  if (!type && Object.hasOwn(schemas, name)) {
    type = new SchemaType(schemas, { type: 'object', ref: name })
    types.set(name, type)
  }
  return type
}
