/** Whether the items of each list in a value can be told apart, as upstream finds when it reads an object for its bookkeeping. */
import { elementOf } from './list-elements.js'
import type { MergeType } from './merge-type.js'

/** Throws a TypedError at an item without its keys. */
export function checkKeys(type: MergeType, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (type.atomic || !type.items) return
    for (const item of value) {
      elementOf(type, item)
      checkKeys(type.items, item)
    }
    return
  }
  for (const name in value) {
    const inner = type.field(name)?.type ?? type.items
    if (inner) checkKeys(inner, (value as Readonly<Record<string, unknown>>)[name])
  }
}
