/** Checks of one string against a format, with an `Invalid value` for each of the format's messages. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../../machinery/names.js'

type Check = (value: string) => string[]

/** One error a message. */
export const formatErrors = (check: Check, value: string, path: string): FieldError[] =>
  check(value).map(message => invalid(path, value, message))

export const validateDnsLabel = (value: string, path: string) => formatErrors(isDns1123Label, value, path)
export const validateDnsSubdomain = (value: string, path: string) => formatErrors(isDns1123Subdomain, value, path)
export const validateQualifiedName = (value: string, path: string) => formatErrors(isQualifiedName, value, path)
