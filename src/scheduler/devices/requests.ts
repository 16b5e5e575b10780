/** What claims ask for, each request with the alternatives it leaves, and the devices that any of them would take. */
import type {
  DeviceClass,
  DeviceRequest,
  DeviceSelector,
  ExactDeviceRequest,
  ResourceClaim,
} from '../../apis/generated/resource-v1.js'
import { newDeviceMatcher } from '../../machinery/cel/device-matcher.js'
import type { Pool, PooledDevice } from './pools.js'

/** A result holds no more devices. */
export const maxResults = 32

/** One way to satisfy a request: the request itself, or one of its subrequests. */
export interface Alternative {
  /** `request`, or `request/subrequest`. */
  name: string
  request: string
  class: DeviceClass
  adminAccess: boolean
  /** So many of the candidates, or all of them. */
  count: number
  all: boolean
  candidates: readonly PooledDevice[]
  /** Whether class and request choose the device; asked only of those that are free. */
  selects(device: PooledDevice): boolean
}

export interface RequestContext {
  claim: ResourceClaim
  pools: readonly Pool[]
  deviceClass(name: string): DeviceClass | undefined
}

type Matcher = ReturnType<typeof newDeviceMatcher>
const matchers = new Map<string, Matcher>()
const maxRemembered = 100

function matcherOf(expression: string): Matcher {
  const known = matchers.get(expression)
  if (known) return known
  if (matchers.size >= maxRemembered) matchers.clear()
  const matcher = newDeviceMatcher(expression)
  matchers.set(expression, matcher)
  return matcher
}

/** Throws for an expression that fails: the pod is tried again, and told. */
function matches({ device, slice }: PooledDevice, selectors: readonly DeviceSelector[] = [], owner: string): boolean {
  return selectors.every(({ cel }, i) => {
    try {
      const { attributes, capacity } = device
      return matcherOf(cel?.expression ?? '')({ driver: slice.spec.driver, attributes, capacity })
    } catch (error) {
      throw new Error(`${owner}: selector #${i}: CEL runtime error: ${(error as Error).message}`)
    }
  })
}

/** Devices of features that are off in v1.34 are nobody's. */
const isOffered = ({ device }: PooledDevice) => !device.consumesCounters?.length && !device.bindingConditions?.length

const nameOf = ({ metadata }: ResourceClaim) => `${metadata.namespace}/${metadata.name}`

function alternative(
  name: string,
  exact: Omit<ExactDeviceRequest, 'tolerations'>,
  { claim, pools, deviceClass }: RequestContext,
): Alternative {
  const about = `claim ${nameOf(claim)}, request ${name.slice(name.indexOf('/') + 1)}`
  const found = deviceClass(exact.deviceClassName)
  if (!found) throw new Error(`${about}: could not retrieve device class ${exact.deviceClassName}: not found`)
  const all = exact.allocationMode === 'All'
  for (const pool of all ? pools : []) {
    const state = pool.isIncomplete ? 'being updated' : pool.problem && 'invalid'
    if (state) throw new Error(`${about}: asks for all devices, but resource pool ${pool.name} is currently ${state}`)
  }
  const verdicts = new Map<string, boolean>()
  const selects = (device: PooledDevice): boolean => {
    const known = verdicts.get(device.id)
    if (known !== undefined) return known
    const verdict =
      matches(device, found.spec.selectors, `class ${found.metadata.name}`) &&
      matches(device, exact.selectors, `claim ${nameOf(claim)}`)
    verdicts.set(device.id, verdict)
    return verdict
  }
  const offered = pools.flatMap(({ devices, problem }) => (problem ? [] : devices.filter(isOffered)))
  // How many "all" are must be known beforehand.
  const candidates = all ? offered.filter(selects) : offered
  return {
    ...{ name, request: name.split('/')[0] ?? '', class: found, all, candidates, selects },
    adminAccess: exact.adminAccess === true,
    count: all ? candidates.length : Number(exact.count ?? 1),
  }
}

/** In the order in which they are to be tried. */
export function alternativesOf(
  { name, exactly, firstAvailable }: DeviceRequest,
  context: RequestContext,
): Alternative[] {
  if (exactly) return [alternative(name, exactly, context)]
  return (firstAvailable ?? []).map(each => alternative(`${name}/${each.name}`, each, context))
}
