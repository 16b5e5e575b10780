/** Fields that an update may not change, for those that a kind's `immutable` paths cannot name. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { semanticEqual } from './semantic-equal.js'

/** Upstream's ValidateImmutableField. */
export function* immutableField(value: unknown, old: unknown, path: string): Generator<FieldError> {
  if (!semanticEqual(value, old)) yield invalid(path, value ?? null, 'field is immutable')
}
