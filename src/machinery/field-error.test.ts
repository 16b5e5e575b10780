import { expect, test } from '@jest/globals'
import * as errors from './field-error.js'

test.each([
  [errors.required('a'), 'FieldValueRequired', 'Required value'],
  [errors.required('a', 'why'), 'FieldValueRequired', 'Required value: why'],
  [errors.invalid('a', 'x"y', 'why'), 'FieldValueInvalid', 'Invalid value: "x\\"y": why'],
  [errors.invalid('a', 5, ''), 'FieldValueInvalid', 'Invalid value: 5'],
  [errors.invalid('a', undefined, 'why'), 'FieldValueInvalid', 'Invalid value: null: why'],
  [errors.typeInvalid('a', {}, 'why'), 'FieldValueTypeInvalid', 'Invalid value: {}: why'],
  [errors.duplicate('a', 'x'), 'FieldValueDuplicate', 'Duplicate value: "x"'],
  [errors.notFoundValue('a', 'x'), 'FieldValueNotFound', 'Not found: "x"'],
  [
    errors.notSupported('a', 'x', ['y', 'z']),
    'FieldValueNotSupported',
    'Unsupported value: "x": supported values: "y", "z"',
  ],
  [errors.forbidden('a', 'why'), 'FieldValueForbidden', 'Forbidden: why'],
  [errors.tooLong('a', 5), 'FieldValueTooLong', 'Too long: may not be more than 5 bytes'],
  [errors.tooMany('a', 3, 1), 'FieldValueTooMany', 'Too many: 3: must have at most 1 item'],
])('%j', (error, type, message) => expect(error).toEqual({ type, field: 'a', message }))
