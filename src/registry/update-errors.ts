/** What is wrong with a change: metadata first, then the kind's own rules. */
import { semanticEqual } from '../apis/validation/semantic-equal.js'
import { sortedSelector } from '../apis/validation/sorted-map.js'
import { type FieldError, invalid } from '../machinery/field-error.js'
import type { AnyKind, UpdateCheck, WriteContext } from '../machinery/kind.js'
import { nameIsPathSegment } from '../machinery/name-rules.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { knownFinalizers, validateObjectMeta, validateObjectMetaUpdate } from '../machinery/object-meta-validation.js'
import { getPath } from '../machinery/paths.js'
import type { MetaLabelSelector } from '../machinery/selector/index.js'
import { nameRuleOf } from './metadata.js'
import type { WrittenView } from './view.js'

export interface CheckedChange {
  object: AnyObject
  old: AnyObject
  write: WriteContext
  namespaced: boolean
}

const usualChecks: readonly UpdateCheck[] = ['metaUpdate', 'spec', 'immutable', 'change']
const usualInViews: readonly UpdateCheck[] = ['metaUpdate', 'change']
const changeOnly: readonly UpdateCheck[] = ['change']

function metaErrors(kind: AnyKind, { object, namespaced }: CheckedChange): FieldError[] {
  const { anyFinalizers } = kind
  return validateObjectMeta(object.metadata, { namespaced, validateName: nameRuleOf(kind, object), anyFinalizers })
}

function metaUpdateErrors({ anyFinalizers }: AnyKind, { object, old }: CheckedChange): FieldError[] {
  const errors = validateObjectMetaUpdate(object.metadata, old.metadata)
  return anyFinalizers ? errors : [...errors, ...knownFinalizers(object.metadata.finalizers, 'metadata.finalizers')]
}

const checks: Record<UpdateCheck, (kind: AnyKind, change: CheckedChange) => Iterable<FieldError>> = {
  meta: metaErrors,
  metaUpdate: metaUpdateErrors,
  spec: (kind, { object, write }) => kind.validate?.(object, write) ?? [],
  immutable: (kind, { object, old }) => immutableErrors(kind, object, old),
  change: (kind, { object, old, write }) => kind.validateUpdate?.(object, old, write) ?? [],
}

/** What upstream's registry checks of every kind, before the kind's own checks look at metadata again. */
function commonErrors({ object, old, namespaced }: CheckedChange): FieldError[] {
  const rules = { namespaced, validateName: nameIsPathSegment, anyFinalizers: true }
  return [...validateObjectMeta(object.metadata, rules), ...validateObjectMetaUpdate(object.metadata, old.metadata)]
}

/** In upstream's order, and as often as upstream finds them. */
export function updateErrors(kind: AnyKind, view: WrittenView, change: CheckedChange): FieldError[] {
  const errors = commonErrors(change)
  if (view.writes) {
    const { validateUpdate } = view
    for (const check of view.updateChecks ?? (view.skipsMetadata ? changeOnly : usualInViews))
      errors.push(
        ...(check === 'change'
          ? (validateUpdate?.(change.object, change.old, change.write) ?? [])
          : checks[check](kind, change)),
      )
    return errors
  }
  for (const check of kind.updateChecks ?? usualChecks) errors.push(...checks[check](kind, change))
  return errors
}

function immutableErrors({ immutable = [] }: AnyKind, object: AnyObject, old: AnyObject): FieldError[] {
  return immutable
    .filter(path => !semanticEqual(getPath(object, path), getPath(old, path)))
    .map(path => invalid(path, printed(getPath(object, path)), 'field is immutable'))
}

/** Go prints maps sorted; what is immutable as a whole and holds one is a selector. */
const printed = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'matchLabels' in value
    ? sortedSelector(value as MetaLabelSelector)
    : value
