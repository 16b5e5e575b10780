/**
 * The one description of a type that defaults, decoding, patches, server-side apply, protobuf and OpenAPI read.
 * `npm run build` derives it for the built-in kinds (src/apis/generated/); a CustomResourceDefinition yields the same shape.
 */

export type FieldType =
  | 'string'
  | 'bytes' // base64 in JSON
  | 'integer'
  | 'number'
  | 'boolean'
  | 'time'
  | 'microtime'
  | 'quantity'
  | 'int-or-string'
  | 'raw' // any JSON object, kept as it is (RawExtension, JSON, FieldsV1)
  | 'object' // `ref` names the type
  | 'list' // `items`
  | 'map' // string keys, `items` describes the values

export interface FieldSchema {
  type: FieldType
  /** For `object`: the name of a TypeSchema, such as `core.v1.PodSpec`. */
  ref?: string
  items?: FieldSchema
  /** `int32`, `int64`, `double`, `byte`, … as OpenAPI has it. */
  format?: string
  default?: unknown
  /** The Go type holds the struct by value: an object is always present, `{}` when empty; protobuf always has it, times and quantities too. */
  byValue?: boolean
  /** The Go type holds the scalar by pointer: an explicit zero value is kept. Without it, zero means "not set". */
  pointer?: boolean
  /** What is printed when the field is not set, because its Go field lacks omitempty: null for lists, maps, pointers and times. */
  unset?: string | number | boolean | null
  /** A default that is Go's zero: it is not filled in, but is what a list's map key counts as that is not set. */
  zeroDefault?: string | number | boolean
  /** Go's name of the type where it cannot be told from the rest, such as `v1.PullPolicy`; for decoding errors. */
  goType?: string
  enum?: readonly string[]
  /** Server-side apply: how the list is merged; absent means atomic. */
  listType?: 'atomic' | 'set' | 'map'
  listMapKeys?: readonly string[]
  /** Server-side apply: the map or object is one value; false overrides the type's own `atomic`. */
  atomic?: boolean
  /** Strategic merge: `merge`, `replace`, `retainKeys`, in upstream's order. */
  patchStrategy?: readonly string[]
  patchMergeKey?: string
  /** Protobuf field number; absent where the field is not in the protobuf form. */
  number?: number
  /** Protobuf: the field lives in an inlined message; the path of field numbers that leads to it, own number last. */
  inlined?: readonly number[]
}

export interface TypeSchema {
  /** Short canonical name: `<group's first label>.<version>.<Type>`, such as `apps.v1.Deployment`, `meta.v1.ObjectMeta`. */
  name: string
  fields: Readonly<Record<string, FieldSchema>>
  required?: readonly string[]
  /** What may stand in fields that are not named; only custom resources have such. */
  others?: FieldSchema
  /** Server-side apply treats a value of this type as one, wherever it is used. */
  atomic?: boolean
}

/** All types by name. */
export type SchemaSet = Readonly<Record<string, TypeSchema>>
