/** Validation of the conditions that both kinds of flow control carry. */
import { duplicate, type FieldError, required } from '../../machinery/field-error.js'

/** Each type once, and none empty. */
export function* validateStatusConditions(conditions: readonly { type?: string }[] | undefined): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, { type = '' }] of (conditions ?? []).entries()) {
    const path = `status.conditions[${i}].type`
    if (seen.has(type)) yield duplicate(path, type)
    seen.add(type)
    if (!type) yield required(path)
  }
}
