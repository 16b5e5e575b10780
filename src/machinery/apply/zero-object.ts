/** An object of a type with nothing set: what a new object is compared with. */
import type { MergeType } from './merge-type.js'

type Fields = Record<string, unknown>

const known = new WeakMap<MergeType, Fields>()

/** Shared: not to be changed. A Deployment's has `{metadata: {}, spec: {selector: null, strategy: {}, template: {…}}, status: {}}`. */
export function zeroObject(type: MergeType): Readonly<Fields> {
  const made = known.get(type)
  if (made) return made
  const object: Fields = {}
  for (const name of type.fieldNames()) {
    const { unset, byValue, type: fieldType } = type.field(name)!
    if (unset !== undefined) object[name] = unset
    else if (byValue) object[name] = zeroObject(fieldType)
  }
  known.set(type, object)
  return object
}
