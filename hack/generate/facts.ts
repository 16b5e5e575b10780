/** Loads api/openapi/facts/: what is true of the Kubernetes API but not in the client library. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as yaml from 'js-yaml'
import type { NamingFacts } from './naming.js'

type Json = Record<string, unknown>
/** Type → field names. */
type FieldLists = Record<string, string[]>

/** facts.yaml. Type names are short (`core.v1.Pod`); `[]` and `{}` after a field mean its elements. */
export interface ApiFacts extends NamingFacts {
  /** Definitions that the library has no model for, as they stand in OpenAPI v2 and (if different) v3. */
  scalars: Record<string, { v2: Json; v3?: Json }>
  /** Scalar definition → type → fields that refer to it. */
  refs: Record<string, FieldLists>
  /** Type → field → list and map facts as words: `map=k,k`, `set`, `atomic`, `merge=key`, `retainKeys`, `mapatomic`, … */
  fields: Record<string, Record<string, string>>
  mapAtomic: string[]
  /** Values joined by `|` → fields (`type.field`). */
  enums: Record<string, string[]>
  defaults: Record<string, Json>
  /** Required fields of a type without the zero default. */
  noDefault: FieldLists
  /** Kinds of `connect` operations by subresource. */
  connect: Record<string, string>
  unions: Record<string, unknown[]>
  /** Comma-separated types → group/versions they are registered in. */
  gvk: Record<string, string[]>
  /** Order of required fields, where it is not that of the protobuf numbers. */
  requiredOrder: FieldLists
  /** Group/versions served by default. */
  served: string[]
}

/** go-facts.yaml: see its comments. */
export interface GoFacts {
  byValue: FieldLists
  always: FieldLists
  goTypes: Record<string, string[]>
}

/** proto-facts.yaml: type → numbering as text, and `pointers`. */
export type ProtoFacts = Record<string, unknown> & { pointers: FieldLists }

export interface Facts {
  api: ApiFacts
  go: GoFacts
  proto: ProtoFacts
}

/** Reads the facts below `directory`. */
export function readFacts(directory: string): Facts {
  const read = (file: string) => yaml.load(readFileSync(join(directory, file), 'utf8'))
  return {
    api: read('facts.yaml') as ApiFacts,
    go: read('go-facts.yaml') as GoFacts,
    proto: read('proto-facts.yaml') as ProtoFacts,
  }
}

/** Turns value → fields (`type.field`) into field → value. */
export function byField(record: Record<string, readonly string[]>): Map<string, string> {
  const map = new Map<string, string>()
  for (const [value, fields] of Object.entries(record)) for (const field of fields) map.set(field, value)
  return map
}

/** Turns type → fields into a set of `type.field`. */
export const fieldSet = (lists: FieldLists): Set<string> =>
  new Set(Object.entries(lists).flatMap(([type, fields]) => fields.map(field => `${type}.${field}`)))
