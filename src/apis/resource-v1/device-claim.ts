/** What a ResourceClaim asks for, alone or in a template. */
import { type FieldError, required } from '../../machinery/field-error.js'
import type { DeviceClaim, DeviceConstraint, ResourceClaimSpec } from '../generated/resource-v1.js'
import { validateConfiguration } from './configuration.js'
import { defaultDeviceRequest, validateDeviceRequest } from './device-request.js'
import { nameKey, textKey, validateList, validateSet } from './lists.js'
import { validateFullyQualifiedName } from './names.js'
import { type RequestNames, requestNamesOf, validateRequestReference } from './request-names.js'

/** Requests, constraints and configurations, each. */
export const maxItems = 32

/** A list of references to requests, each once. */
export const validateReferences = (items: readonly string[] | undefined, path: string, names: RequestNames) =>
  validateSet({ items, max: maxItems, path }, (name, at) => validateRequestReference(name, at, names), textKey)

function* validateConstraint(constraint: DeviceConstraint, path: string, names: RequestNames): Generator<FieldError> {
  const { requests, matchAttribute, distinctAttribute } = constraint
  yield* validateReferences(requests, `${path}.requests`, names)
  if (matchAttribute !== undefined) yield* validateFullyQualifiedName(matchAttribute, `${path}.matchAttribute`)
  else if (distinctAttribute !== undefined)
    yield* validateFullyQualifiedName(distinctAttribute, `${path}.distinctAttribute`)
  else yield required(`${path}.matchAttribute`)
}

/** `stored`: it stands already in the store, and cannot change. */
export function* validateClaimSpec(
  { devices = {} }: ResourceClaimSpec,
  parent: string,
  stored: boolean,
): Generator<FieldError> {
  const path = `${parent}.devices`
  const names = requestNamesOf(devices)
  const requests = { items: devices.requests, max: maxItems, path: `${path}.requests` }
  yield* validateSet(requests, validateDeviceRequest, nameKey)
  const constraints = { items: devices.constraints, max: maxItems, path: `${path}.constraints` }
  yield* validateList(constraints, (constraint, at) => validateConstraint(constraint, at, names))
  const config = { items: devices.config, max: maxItems, path: `${path}.config` }
  yield* validateList(config, function* (item, at) {
    yield* validateReferences(item.requests, `${at}.requests`, names)
    yield* validateConfiguration(item, at, stored)
  })
}

export function defaultClaimSpec({ devices }: ResourceClaimSpec): void {
  for (const request of devices?.requests ?? []) defaultDeviceRequest(request)
}

/** True when the claim uses a field of the gate DRAConsumableCapacity, which is off: upstream forgets to drop this one. */
export const usesConsumableCapacity = ({ constraints = [] }: DeviceClaim): boolean =>
  constraints.some(({ distinctAttribute }) => distinctAttribute !== undefined)

/** Drops the requests' fields of the gate DRAConsumableCapacity, which is off in v1.34. */
export function dropDisabledFields({ devices }: ResourceClaimSpec): void {
  for (const { exactly, firstAvailable = [] } of devices?.requests ?? [])
    for (const request of exactly ? [exactly, ...firstAvailable] : firstAvailable) delete request.capacity
}
