/** The status of a ResourceClaim: which devices it got, for whom, and how they are. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../machinery/field-error.js'
import { formatIp, isIpv4Mapped, parseCidr } from '../../machinery/ip.js'
import { validateNodeSelector } from '../core-v1/pod-spec/node-affinity.js'
import { validateCsiDriverName } from '../core-v1/pod-spec/volumes/csi.js'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../generated/resource-v1.js'
import { validateConditions } from '../validation/conditions.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateDnsLabel } from '../validation/text.js'
import { validateConfiguration, validateRawObject } from './configuration.js'
import { maxItems, validateReferences } from './device-claim.js'
import { goAllocation } from './go-form.js'
import { textKey, validateList, validateSet } from './lists.js'
import { validatePoolName, validateUid } from './names.js'
import { type RequestNames, requestNamesOf, validateRequestReference } from './request-names.js'

const maxConsumers = 256
const maxConditions = 8
const [maxInterfaceName, maxHardwareAddress, maxAddresses] = [256, 128, 16]
const sources = ['FromClaim', 'FromClass']

interface DeviceRef {
  driver: string
  pool: string
  device: string
  shareID?: string
}

/** All that upstream's messages show of a device. */
const shownDevice = { Driver: {}, Pool: {}, Device: {}, ShareID: {} }

/** What tells allocated devices apart. */
export const deviceId = ({ driver = '', pool = '', device = '', shareID }: DeviceRef): string =>
  `${driver}/${pool}/${device}${shareID ? `/${shareID}` : ''}`

export const allocatedDevices = (allocation: AllocationResult | undefined): Set<string> =>
  new Set((allocation?.devices?.results ?? []).map(deviceId))

function* validateDeviceRef({ driver, pool, device }: DeviceRef, path: string): Generator<FieldError> {
  yield* validateCsiDriverName(driver ?? '', `${path}.driver`)
  yield* validatePoolName(pool ?? '', `${path}.pool`)
  yield* validateDnsLabel(device ?? '', `${path}.device`)
}

function* validateConsumer(consumer: ResourceClaimConsumerReference, path: string): Generator<FieldError> {
  for (const field of ['resource', 'name', 'uid'] as const) if (!consumer[field]) yield required(`${path}.${field}`)
}

function* validateAddress(text: string, path: string): Generator<FieldError> {
  const cidr = parseCidr(text)
  if (!cidr) {
    yield invalid(path, text, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')
    return
  }
  const canonical = `${formatIp(cidr.ip)}/${cidr.prefixLength - (isIpv4Mapped(cidr.ip) ? 96 : 0)}`
  if (text !== canonical) yield invalid(path, text, `must be in canonical form (${JSON.stringify(canonical)})`)
}

function* validateNetwork(data: NetworkDeviceData | undefined, path: string): Generator<FieldError> {
  if (!data) return
  if (Buffer.byteLength(data.interfaceName ?? '') > maxInterfaceName)
    yield tooLong(`${path}.interfaceName`, maxInterfaceName)
  if (Buffer.byteLength(data.hardwareAddress ?? '') > maxHardwareAddress)
    yield tooLong(`${path}.hardwareAddress`, maxHardwareAddress)
  yield* validateSet({ items: data.ips, max: maxAddresses, path: `${path}.ips` }, validateAddress, textKey)
}

function* validateDeviceStatus(
  device: AllocatedDeviceStatus,
  path: string,
  allocated: ReadonlySet<string>,
): Generator<FieldError> {
  yield* validateDeviceRef(device, path)
  if (device.shareID !== undefined) yield* validateUid(device.shareID, `${path}.shareID`)
  const id = deviceId(device)
  if (!allocated.has(id)) yield invalid(path, shownDevice, 'must be an allocated device in the claim')
  const conditions = device.conditions ?? []
  if (conditions.length > maxConditions) yield tooMany(`${path}.conditions`, conditions.length, maxConditions)
  yield* validateConditions(conditions, `${path}.conditions`)
  if (device.data !== undefined) yield* validateRawObject({ value: device.data, path: `${path}.data`, stored: false })
  yield* validateNetwork(device.networkData, `${path}.networkData`)
}

function* validateResult(
  result: DeviceRequestAllocationResult,
  path: string,
  names: RequestNames,
): Generator<FieldError> {
  yield* validateRequestReference(result.request ?? '', `${path}.request`, names)
  yield* validateDeviceRef(result, path)
  if (result.shareID !== undefined) yield* validateUid(result.shareID, `${path}.shareID`)
}

function* validateConfig(
  config: DeviceAllocationConfiguration,
  path: string,
  names: RequestNames,
): Generator<FieldError> {
  const { source, requests } = config
  if (!source) yield required(`${path}.source`)
  else if (!sources.includes(source)) yield notSupported(`${path}.source`, source, sources)
  yield* validateReferences(requests, `${path}.requests`, names)
  yield* validateConfiguration(config, path, false)
}

function* validateAllocation(
  { devices = {}, nodeSelector }: AllocationResult,
  path: string,
  names: RequestNames,
): Generator<FieldError> {
  const results = { items: devices.results, max: maxItems, path: `${path}.devices.results` }
  yield* validateList(results, (result, at) => validateResult(result, at, names))
  // Of the class and of the claim.
  const config = { items: devices.config, max: 2 * maxItems, path: `${path}.devices.config` }
  yield* validateList(config, (item, at) => validateConfig(item, at, names))
  if (nodeSelector) yield* validateNodeSelector(nodeSelector, `${path}.nodeSelector`)
}

function* validateReservation({ metadata, status = {} }: ResourceClaim, old: ResourceClaim): Generator<FieldError> {
  const path = 'status.reservedFor'
  const { reservedFor = [], allocation } = status
  if (!reservedFor.length) return
  if (!allocation) {
    yield forbidden(path, 'may not be specified when `allocated` is not set')
    return
  }
  const known = new Set((old.status?.reservedFor ?? []).map(consumer => JSON.stringify(consumer)))
  if (metadata.deletionTimestamp && reservedFor.some(consumer => !known.has(JSON.stringify(consumer))))
    yield forbidden(path, 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set')
}

function* validateDevices({ devices = [], allocation }: NonNullable<ResourceClaim['status']>): Generator<FieldError> {
  const allocated = allocatedDevices(allocation)
  const path = 'status.devices'
  yield* validateList({ items: devices, path }, (device, at) => validateDeviceStatus(device, at, allocated))
  const seen = new Set<string>()
  for (const [i, device] of devices.entries()) {
    const id = deviceId(device)
    if (seen.has(id)) yield duplicate(`${path}[${i}].deviceID`, shownDevice)
    seen.add(id)
  }
}

export function* validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): Generator<FieldError> {
  const { status = {}, spec } = claim
  const consumers = { items: status.reservedFor, max: maxConsumers, path: 'status.reservedFor' }
  yield* validateSet(consumers, validateConsumer, { of: ({ uid }) => uid ?? '', field: 'uid' })
  yield* validateDevices(status)
  yield* validateReservation(claim, old)
  const before = old.status?.allocation
  if (before && status.allocation) {
    if (!semanticEqual(status.allocation, before))
      yield invalid('status.allocation', goAllocation(status.allocation), 'field is immutable')
  } else if (status.allocation)
    yield* validateAllocation(status.allocation, 'status.allocation', requestNamesOf(spec.devices ?? {}))
}
