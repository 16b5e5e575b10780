/** Checks of resource names and quantities, for containers, pods, quotas, limit ranges and nodes. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { isQualifiedName } from '../../machinery/names.js'
import { compareQuantity, formatQuantity, quantityMilliValue, quantityValue } from '../../machinery/quantity.js'
import { formatErrors } from '../validation/text.js'
import { isIntegerResource, isStandardResource, resourceClasses } from './resource-names.js'

/** Zero or more. */
export function* validateNonNegativeQuantity(quantity: string, path: string): Generator<FieldError> {
  if (compareQuantity(quantity, '0') < 0)
    yield invalid(path, formatQuantity(quantity), 'must be greater than or equal to 0')
}

/** More than zero. */
export function* validatePositiveQuantity(quantity: string, path: string): Generator<FieldError> {
  if (compareQuantity(quantity, '0') <= 0) yield invalid(path, formatQuantity(quantity), 'must be greater than zero')
}

/** Not negative in whole units. */
export function* validateBasicQuantity(quantity: string, path: string): Generator<FieldError> {
  const value = quantityValue(quantity)
  if (value < 0) yield invalid(path, value, 'must be a valid resource quantity')
}

/** Zero or more, and whole for resources that are counted. */
export function* validateResourceQuantity(name: string, quantity: string, path: string): Generator<FieldError> {
  yield* validateNonNegativeQuantity(quantity, path)
  if (isIntegerResource(name) && quantityMilliValue(quantity) % 1000 !== 0)
    yield invalid(path, formatQuantity(quantity), 'must be an integer')
}

/** A qualified name; without a domain it must be a resource the system knows. */
export function* validateResourceName(name: string, path: string): Generator<FieldError> {
  if (resourceClasses.container.has(name)) return
  if (isQualifiedName(name).length) yield* formatErrors(isQualifiedName, name, path)
  else if (!name.includes('/') && !isStandardResource(name))
    yield invalid(path, name, 'must be a standard resource type or fully qualified')
}
