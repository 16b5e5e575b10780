/** A claim's spec as upstream's messages print it: its internal types have no JSON names. */
import type {
  CapacityRequirements,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../generated/resource-v1.js'

const listOf = <T, U>(items: readonly T[] | null | undefined, form: (item: T) => U): U[] | null =>
  items?.length ? items.map(form) : null

const selector = ({ cel }: DeviceSelector) => ({ CEL: cel ? { Expression: cel.expression ?? '' } : null })

const toleration = ({ key, operator, value, effect, tolerationSeconds }: DeviceToleration) => ({
  Key: key ?? '',
  Operator: operator ?? '',
  Value: value ?? '',
  Effect: effect ?? '',
  TolerationSeconds: tolerationSeconds ?? null,
})

const capacity = (wanted: CapacityRequirements | undefined) => (wanted ? { Requests: wanted.requests ?? null } : null)

const selection = ({ deviceClassName, selectors, allocationMode, count }: ExactDeviceRequest) => ({
  DeviceClassName: deviceClassName ?? '',
  Selectors: listOf(selectors, selector),
  AllocationMode: allocationMode ?? '',
  Count: count ?? 0,
})

const exact = (request: ExactDeviceRequest) => ({
  ...selection(request),
  AdminAccess: request.adminAccess ?? null,
  Tolerations: listOf(request.tolerations, toleration),
  Capacity: capacity(request.capacity),
})

const alternative = (request: DeviceSubRequest) => ({
  Name: request.name ?? '',
  ...selection(request),
  Tolerations: listOf(request.tolerations, toleration),
  Capacity: capacity(request.capacity),
})

const request = ({ name, exactly, firstAvailable }: DeviceRequest) => ({
  Name: name ?? '',
  Exactly: exactly ? exact(exactly) : null,
  FirstAvailable: listOf(firstAvailable, alternative),
})

const constraint = ({ requests, matchAttribute, distinctAttribute }: DeviceConstraint) => ({
  Requests: requests ?? null,
  MatchAttribute: matchAttribute ?? null,
  DistinctAttribute: distinctAttribute ?? null,
})

const config = ({ requests, opaque }: DeviceClaimConfiguration) => ({
  Requests: requests ?? null,
  Opaque: opaque ? { Driver: opaque.driver ?? '', Parameters: opaque.parameters ?? null } : null,
})

export const goClaimSpec = ({ devices }: ResourceClaimSpec) => ({
  Devices: {
    Requests: listOf(devices?.requests, request),
    Constraints: listOf(devices?.constraints, constraint),
    Config: listOf(devices?.config, config),
  },
})
