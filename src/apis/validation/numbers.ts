/** Checks of plain numbers that many kinds share, with upstream's words. */
import { type FieldError, invalid } from '../../machinery/field-error.js'

const negative = 'must be greater than or equal to 0'

/** Yields an error when the number is there and below zero. */
export function* nonNegative(value: number | undefined, path: string): Generator<FieldError> {
  if (value !== undefined && value !== null && value < 0) yield invalid(path, value, negative)
}

/** The same for several fields of one object, in the given order. */
export function* nonNegativeFields<T extends object>(
  object: T,
  path: string,
  fields: readonly (keyof T & string)[],
): Generator<FieldError> {
  for (const name of fields) {
    const value = object[name]
    if (typeof value === 'number') yield* nonNegative(value, `${path}.${name}`)
  }
}

/** A counter that only grows, such as `status.collisionCount`; absent counts as 0. */
export function* notDecremented(
  value: number | undefined,
  old: number | undefined,
  path: string,
): Generator<FieldError> {
  if (old !== undefined && (value === undefined || value < old))
    yield invalid(path, value ?? 0, 'cannot be decremented')
}
