/** Checks of values such as `3` or `"25%"`: apps/validation.ValidatePositiveIntOrPercent and its neighbours. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { isValidPercent } from '../../machinery/names.js'
import { nonNegative } from './numbers.js'

export type IntOrPercent = number | string

const isPercent = (value: string): boolean => isValidPercent(value).length === 0

const percentOf = (value: IntOrPercent): number | undefined =>
  typeof value === 'string' && isPercent(value) ? Number(value.slice(0, -1)) : undefined

/** Yields errors unless the value is a number of 0 or more, or a percentage. */
export function* positiveIntOrPercent(value: IntOrPercent, path: string): Generator<FieldError> {
  if (typeof value === 'number') yield* nonNegative(value, path)
  else for (const message of isValidPercent(value)) yield invalid(path, value, message)
}

/** Yields an error for a percentage above 100. */
export function* notMoreThan100Percent(value: IntOrPercent, path: string): Generator<FieldError> {
  const percent = percentOf(value)
  if (percent !== undefined && percent > 100) yield invalid(path, value, 'must not be greater than 100%')
}

/** True when the value is 0 or 0%; text that is neither counts as 0, as Go's Atoi leaves it. */
export const isZero = (value: IntOrPercent): boolean =>
  (percentOf(value) ?? (typeof value === 'number' ? value : Number.parseInt(value, 10) || 0)) === 0
