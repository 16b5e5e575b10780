/** What a type says about merging its fields: strategy, merge key, the type beneath. */
import type { FieldSchema, SchemaSet } from '../../schema/types.js'
import { unexplainedFailure } from '../patch-error.js'

/** A place in the tree of types. */
export interface PatchType {
  schemas: SchemaSet
  field: FieldSchema
}

export interface PatchMeta {
  /** Of the field, or for a list of its elements. */
  type: PatchType
  /** `retainKeys` apart: how the client computes a patch does not matter here. */
  strategy: 'merge' | 'replace' | ''
  mergeKey: string
}

const goKinds: Partial<Record<FieldSchema['type'], string>> = {
  bytes: 'slice',
  integer: 'int64',
  number: 'float64',
  boolean: 'bool',
  list: 'slice',
  map: 'map',
}

/** reflect.Kind's name. */
export const goKind = ({ field }: PatchType): string =>
  goKinds[field.type] ?? (field.type === 'string' ? 'string' : 'struct')

/** `DeploymentSpec` of `apps.v1.DeploymentSpec`. */
const structName = (field: FieldSchema): string => field.ref?.split('.').at(-1) ?? 'RawExtension'

function lookup({ schemas, field }: PatchType, key: string): FieldSchema {
  const struct = field.ref === undefined ? undefined : schemas[field.ref]
  if (!struct && field.type !== 'raw') {
    const actual = goKind({ schemas, field })
    throw unexplainedFailure(`merging an object in json but data type is not struct, instead is: ${actual}`)
  }
  const found = struct && Object.hasOwn(struct.fields, key) ? struct.fields[key] : undefined
  if (found) return found
  const where = `struct ${structName(field)} for the json field ${JSON.stringify(key)}`
  throw unexplainedFailure(`unable to find api field in ${where}`)
}

const metaOf = (schemas: SchemaSet, field: FieldSchema, type: FieldSchema): PatchMeta => ({
  type: { schemas, field: type },
  strategy: ((field.patchStrategy ?? []).find(strategy => strategy !== 'retainKeys') as PatchMeta['strategy']) ?? '',
  mergeKey: field.patchMergeKey ?? '',
})

/** Of a field that holds an object. Throws upstream's error for a field that the type does not have. */
export function lookupObject(parent: PatchType, key: string): PatchMeta {
  const field = lookup(parent, key)
  return metaOf(parent.schemas, field, field)
}

/** Of a field that holds a list; `type` is the elements'. */
export function lookupList(parent: PatchType, key: string): PatchMeta {
  const field = lookup(parent, key)
  if (!field.items || field.type !== 'list') {
    throw unexplainedFailure(`expected slice or array type, but got: ${goKind(parent)}`)
  }
  if (field.items.type === 'list') throw unexplainedFailure('unexpected slice of slice')
  return metaOf(parent.schemas, field, field.items)
}
