/** `Invalid value` without the value: upstream's field.OmitValueType. */
import type { FieldError } from '../../machinery/field-error.js'

export const invalidOmitted = (field: string, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${detail}`,
})
