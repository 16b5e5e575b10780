/** Strategic merge patch: merges lists by key and obeys directives, as the types of the built-in kinds say. */
import type { SchemaSet } from '../schema/types.js'
import { badRequest } from '../status-error.js'
import { isObject } from './strategic/directives.js'
import { mergeObjects } from './strategic/merge-object.js'

/**
 * Applies a patch to an object of type `typeName` (such as `apps.v1.Deployment`).
 * `current` and `patch` stay as they are; the result shares parts with both.
 * Throws StatusErrors with upstream's codes and words: 400 for a broken directive, 422 for lists of lists, 500 for a list element
 * without its merge key.
 */
export function applyStrategicMergePatch(
  schemas: SchemaSet,
  typeName: string,
  current: object,
  patch: unknown,
): Record<string, unknown> {
  if (!isObject(patch)) {
    if (patch === null) return { ...current }
    const kind = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch
    throw badRequest(`json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`)
  }
  const type = { schemas, field: { type: 'object' as const, ref: typeName } }
  return mergeObjects(current as Record<string, unknown>, patch, type)
}
