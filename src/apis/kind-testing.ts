/** What tests of kinds share: an object made whole as the server makes it, and its errors as lines of text. */
import type { FieldError } from '../machinery/field-error.js'
import type { Kind, WriteContext } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'

const context: WriteContext = { now: 0, subresource: '', dryRun: false }
const lines = (errors: Iterable<FieldError>): string[] => [...errors].map(e => `${e.field}: ${e.message}`)

/** Defaults, then prepareForCreate. Changes and returns its argument. */
export function prepared<T extends KubernetesObject>(kind: Kind<T>, object: T): T {
  kind.setDefaults?.(object)
  kind.strategy.prepareForCreate?.(object, context)
  return object
}

/** Errors of creating the object, which is made whole first. */
export function createErrors<T extends KubernetesObject>(kind: Kind<T>, object: T): string[] {
  prepared(kind, object)
  return lines([...(kind.validate?.(object, context) ?? []), ...(kind.validateCreate?.(object, context) ?? [])])
}

/** Errors of the change alone. */
export const updateErrors = <T extends KubernetesObject>(kind: Kind<T>, object: T, old: T): string[] =>
  lines(kind.validateUpdate?.(object, old, context) ?? [])

/** Errors of writing `status`. */
export const statusErrors = <T extends KubernetesObject>(kind: Kind<T>, object: T, old: T): string[] =>
  lines(kind.subresources.status?.validateUpdate?.(object, old, context) ?? [])

/** Cells by column name. */
export const cells = <T extends KubernetesObject>(kind: Kind<T>, object: T, now = 0): Record<string, unknown> =>
  Object.fromEntries((kind.printerColumns ?? []).map(column => [column.name, column.of(object, now)]))
