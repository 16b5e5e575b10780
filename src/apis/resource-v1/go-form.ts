/** A claim's spec as upstream's messages print it: its internal types have no JSON names. */
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { internalForm } from '../core-v1/internal-form.js'
import type {
  AllocationResult,
  CapacityRequirements,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceRequestAllocationResult,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../generated/resource-v1.js'

const listOf = <T, U>(items: readonly T[] | null | undefined, form: (item: T) => U): U[] | null =>
  items ? items.map(form) : null

/** The field, also when it was sent empty, which decoding leaves out. */
const given = <T extends object, F extends keyof T & string>(holder: T, field: F): T[F] | undefined =>
  holder[field] ?? (givenEmpty(holder, field) as T[F] | undefined)

const selector = ({ cel }: DeviceSelector) => ({ CEL: cel ? { Expression: cel.expression ?? '' } : null })

const toleration = ({ key, operator, value, effect, tolerationSeconds }: DeviceToleration) => ({
  Key: key ?? '',
  Operator: operator ?? '',
  Value: value ?? '',
  Effect: effect ?? '',
  TolerationSeconds: tolerationSeconds ?? null,
})

const capacity = (wanted: CapacityRequirements | undefined) =>
  wanted ? { Requests: given(wanted, 'requests') ?? null } : null

const selection = (request: ExactDeviceRequest | DeviceSubRequest) => ({
  DeviceClassName: request.deviceClassName ?? '',
  Selectors: listOf(given(request, 'selectors'), selector),
  AllocationMode: request.allocationMode ?? '',
  Count: request.count ?? 0,
})

const exact = (request: ExactDeviceRequest) => ({
  ...selection(request),
  AdminAccess: request.adminAccess ?? null,
  Tolerations: listOf(given(request, 'tolerations'), toleration),
  Capacity: capacity(request.capacity),
})

const alternative = (request: DeviceSubRequest) => ({
  Name: request.name ?? '',
  ...selection(request),
  Tolerations: listOf(given(request, 'tolerations'), toleration),
  Capacity: capacity(request.capacity),
})

const request = (wanted: DeviceRequest) => ({
  Name: wanted.name ?? '',
  Exactly: wanted.exactly ? exact(wanted.exactly) : null,
  FirstAvailable: listOf(given(wanted, 'firstAvailable'), alternative),
})

const constraint = (wanted: DeviceConstraint) => ({
  Requests: given(wanted, 'requests') ?? null,
  MatchAttribute: wanted.matchAttribute ?? null,
  DistinctAttribute: wanted.distinctAttribute ?? null,
})

const config = (wanted: DeviceClaimConfiguration) => ({
  Requests: given(wanted, 'requests') ?? null,
  Opaque: wanted.opaque ? { Driver: wanted.opaque.driver ?? '', Parameters: wanted.opaque.parameters ?? null } : null,
})

export const goClaimSpec = ({ devices = {} }: ResourceClaimSpec) => ({
  Devices: {
    Requests: listOf(given(devices, 'requests'), request),
    Constraints: listOf(given(devices, 'constraints'), constraint),
    Config: listOf(given(devices, 'config'), config),
  },
})

const result = (given: DeviceRequestAllocationResult) => ({
  Request: given.request ?? '',
  Driver: given.driver ?? '',
  Pool: given.pool ?? '',
  Device: given.device ?? '',
  AdminAccess: given.adminAccess ?? null,
  Tolerations: listOf(given.tolerations, toleration),
  BindingConditions: given.bindingConditions ?? null,
  BindingFailureConditions: given.bindingFailureConditions ?? null,
  ShareID: given.shareID ?? null,
  ConsumedCapacity: given.consumedCapacity ?? null,
})

export const goAllocation = (allocation: AllocationResult) => {
  const { devices = {}, nodeSelector, allocationTimestamp } = allocation
  return {
    Devices: {
      Results: listOf(given(devices, 'results'), result),
      Config: listOf(given(devices, 'config'), wanted => ({ Source: wanted.source ?? '', ...config(wanted) })),
    },
    NodeSelector: nodeSelector ? internalForm('NodeSelector', nodeSelector) : null,
    AllocationTimestamp: allocationTimestamp ?? null,
  }
}
