/** Checks of what containers and pods request and are limited to. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../machinery/field-error.js'
import { compareQuantity, formatQuantity, quantityMilliValue, roundUpQuantity } from '../../../machinery/quantity.js'
import type { ResourceRequirements } from '../../generated/core-v1.js'
import {
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isOvercommitAllowed,
  isPodLevelResource,
  isStandardContainerResource,
  podLevelResources,
} from '../resource-names.js'
import { validateResourceName, validateResourceQuantity } from '../resource-validation.js'
import { validateResourceClaims } from './resource-claims.js'

type NameRule = (name: string, path: string) => Iterable<FieldError>

/** What a container may ask for. */
export function* validateContainerResourceName(name: string, path: string): Generator<FieldError> {
  yield* validateResourceName(name, path)
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name)) yield invalid(path, name, 'must be a standard resource for containers')
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    yield invalid(path, name, "doesn't follow extended resource name standard")
  }
}

function* validatePodResourceName(name: string, path: string): Generator<FieldError> {
  const errors = [...validateResourceName(name, path)]
  yield* errors
  if (!errors.length && !isPodLevelResource(name)) yield notSupported(path, name, podLevelResources)
}

const maxInt64 = 2n ** 63n - 1n

/** Exact, where quantityValue is a double; both stop at an int64's end. */
function wholeUnits(quantity: string): bigint {
  const { mantissa, scale } = roundUpQuantity(quantity, 0)
  const value = mantissa * 10n ** BigInt(scale)
  return value > maxInt64 ? maxInt64 : value
}

/** The amount must be a whole number of pages of the size in the resource's name. */
function isDivisible(name: string, quantity: string): boolean {
  try {
    const size = name.slice('hugepages-'.length)
    if (compareQuantity(size, '0') <= 0 || quantityMilliValue(size) % 1000 !== 0) return false
    return wholeUnits(quantity) % wholeUnits(size) === 0n
  } catch {
    return false
  }
}

function* validateEntry(name: string, quantity: string, rule: NameRule, path: string): Generator<FieldError> {
  yield* rule(name, path)
  yield* validateResourceQuantity(name, quantity, path)
}

function* validateHugePages(name: string, quantity: string, path: string): Generator<FieldError> {
  if (isDivisible(name, quantity)) return
  const text = formatQuantity(quantity)
  yield invalid(path, text, `${text} is not positive integer multiple of ${name}`)
}

function* validateAgainstLimit(
  name: string,
  quantity: string,
  limit: string | undefined,
  path: string,
): Generator<FieldError> {
  const requests = `${path}.requests`
  if (limit === undefined) {
    if (!isOvercommitAllowed(name))
      yield required(`${path}.limits`, 'Limit must be set for non overcommitable resources')
    return
  }
  const order = compareQuantity(quantity, limit)
  const bound = `${name} limit of ${formatQuantity(limit)}`
  if (order !== 0 && !isOvercommitAllowed(name))
    yield invalid(requests, formatQuantity(quantity), `must be equal to ${bound}`)
  else if (order > 0) yield invalid(requests, formatQuantity(quantity), `must be less than or equal to ${bound}`)
}

function* validateRequirements(
  { limits = {}, requests = {} }: ResourceRequirements,
  rule: NameRule,
  path: string,
): Generator<FieldError> {
  for (const [name, quantity] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`
    yield* validateEntry(name, quantity, rule, at)
    if (isHugePages(name)) yield* validateHugePages(name, quantity, at)
  }
  for (const [name, quantity] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`
    yield* validateEntry(name, quantity, rule, at)
    yield* validateAgainstLimit(name, quantity, limits[name], path)
    if (isHugePages(name)) yield* validateHugePages(name, quantity, at)
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory'))
    yield forbidden(path, 'HugePages require cpu or memory')
}

/** A container's `resources`; `claimNames` are those in spec.resourceClaims. */
export function* validateContainerResources(
  resources: ResourceRequirements | undefined,
  claimNames: ReadonlySet<string>,
  path: string,
): Generator<FieldError> {
  if (!resources) return
  yield* validateRequirements(resources, validateContainerResourceName, path)
  if (resources.claims) yield* validateResourceClaims(resources.claims, claimNames, `${path}.claims`)
}

/** A pod's own `resources`, by themselves. */
export const validatePodLevelRequirements = (resources: ResourceRequirements, path: string): Generator<FieldError> =>
  validateRequirements(resources, validatePodResourceName, path)
