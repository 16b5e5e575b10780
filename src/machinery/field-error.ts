/** Validation errors with a field path: upstream's field.Error, with its words. */
import { goQuote } from './go-quote.js'
import { goJson } from './json/go-json.js'

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

/** `field` is a path such as `spec.containers[0].image`; `message` is upstream's ErrorBody, the value included. */
export interface FieldError {
  type: FieldErrorType
  field: string
  message: string
}

/** Prints a value as upstream does inside an error: strings quoted, the rest as JSON. */
function formatValue(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return goQuote(value)
  return goJson(value)
}

export const required = (field: string, detail = ''): FieldError => ({
  type: 'FieldValueRequired',
  field,
  message: detail ? `Required value: ${detail}` : 'Required value',
})

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${formatValue(value)}${detail ? `: ${detail}` : ''}`,
})

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field,
  message: `Invalid value: ${formatValue(value)}${detail ? `: ${detail}` : ''}`,
})

export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${formatValue(value)}`,
})

export const notFoundValue = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueNotFound',
  field,
  message: `Not found: ${formatValue(value)}`,
})

/** `supported` is listed in the given order; upstream sorts most of its sets. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${formatValue(value)}${supported.length ? `: supported values: ${supported.map(s => JSON.stringify(s)).join(', ')}` : ''}`,
})

export const forbidden = (field: string, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${detail}`,
})

/** Something of ours failed at the field. */
export const internalFieldError = (field: string, detail: string): FieldError => ({
  type: 'InternalError',
  field,
  message: `Internal error: ${detail}`,
})

export const tooLong = (field: string, maxLength: number): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${maxLength} bytes`,
})

export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  message: `Too many: ${actual}: must have at most ${max} item${max === 1 ? '' : 's'}`,
})
