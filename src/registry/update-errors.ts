/** What is wrong with a change: metadata first, then the kind's own rules. */
import { semanticEqual } from '../apis/validation/semantic-equal.js'
import { type FieldError, invalid } from '../machinery/field-error.js'
import type { AnyKind, WriteContext } from '../machinery/kind.js'
import { nameIsPathSegment } from '../machinery/name-rules.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { validateObjectMeta, validateObjectMetaUpdate } from '../machinery/object-meta-validation.js'
import { getPath } from '../machinery/paths.js'
import type { WrittenView } from './view.js'

export interface CheckedChange {
  object: AnyObject
  old: AnyObject
  write: WriteContext
  namespaced: boolean
}

/** In upstream's order, each error once. */
export function updateErrors(kind: AnyKind, view: WrittenView, change: CheckedChange): FieldError[] {
  const { object, old, write, namespaced } = change
  // Names of stored objects are not checked again: rules may have become stricter since.
  const errors = [
    ...validateObjectMeta(object.metadata, {
      namespaced,
      validateName: nameIsPathSegment,
      anyFinalizers: kind.anyFinalizers,
    }),
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ]
  if (view.writes) errors.push(...(view.validateUpdate?.(object, old) ?? []))
  else {
    errors.push(...(kind.validate?.(object, write) ?? []))
    errors.push(...immutableErrors(kind, object, old))
    errors.push(...(kind.validateUpdate?.(object, old, write) ?? []))
  }
  const seen = new Set<string>()
  return errors.filter(({ field, message }) => {
    const text = `${field}: ${message}`
    return !seen.has(text) && seen.add(text)
  })
}

function immutableErrors({ immutable = [] }: AnyKind, object: AnyObject, old: AnyObject): FieldError[] {
  return immutable
    .filter(path => !semanticEqual(getPath(object, path), getPath(old, path)))
    .map(path => invalid(path, getPath(object, path), 'field is immutable'))
}
