/** Validation of one requirement of a field selector inside a review. */
import { type FieldError, forbidden, required } from '../../machinery/field-error.js'
import type { FieldSelectorRequirement } from '../generated/meta-v1.js'

/** Operators that this version does not know have no errors. */
export function* fieldSelectorErrors(
  { key, operator, values = [] }: FieldSelectorRequirement,
  path: string,
): Generator<FieldError> {
  if (!key) yield required(`${path}.key`, 'must be specified')
  if ((operator === 'In' || operator === 'NotIn') && !values.length)
    yield required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length)
    yield forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
}
