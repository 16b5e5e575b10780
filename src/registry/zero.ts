/** What upstream's bookmarks show of their objects, which have nothing set but a version. */
import { mergeTypeOf } from '../machinery/apply/merge-type.js'
import { zeroObject } from '../machinery/apply/zero-object.js'
import type { AnyKind } from '../machinery/kind.js'
import type { SchemaSet } from '../machinery/schema/types.js'

type Fields = Readonly<Record<string, unknown>>

const known = new WeakMap<AnyKind, Fields>()

/** Their internal types hold the number by value, so that it is there when it has become v1's pointer. */
const countsReplicas: ReadonlySet<string> = new Set(['deployments.apps', 'replicasets.apps', 'statefulsets.apps'])

function make({ schema, custom, qualifiedResource }: AnyKind, schemas: SchemaSet): Fields {
  const type = custom || !Object.hasOwn(schemas, schema) ? undefined : mergeTypeOf(schemas, schema)
  if (!type) return {}
  const { metadata, spec, ...rest } = zeroObject(type)
  return {
    ...(spec !== undefined && { spec: countsReplicas.has(qualifiedResource) ? { replicas: 0, ...spec } : spec }),
    ...rest,
  }
}

/** Shared: not to be changed. `{}` for custom resources, which have no type. */
export function zeroOf({ kind, options: { schemas } }: { kind: AnyKind; options: { schemas?: SchemaSet } }): Fields {
  let zero = known.get(kind)
  if (!zero) known.set(kind, (zero = schemas ? make(kind, schemas) : {}))
  return zero
}
