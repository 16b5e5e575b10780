/** How many devices of each class a ResourceClaim may take, in the worst case. */
import { addResources, type ResourceList } from '../core-v1/resource-list.js'
import type { DeviceSubRequest, ResourceClaim } from '../generated/resource-v1.js'

/** `gpu.deviceclass.resource.k8s.io/devices`. */
const classSuffix = '.deviceclass.resource.k8s.io/devices'

/** Upstream's limit of what a claim is given: all there are is no more. */
const mostDevices = 32

export const isDeviceCount = (name: string): boolean => name.endsWith(classSuffix)

type Counted = Pick<DeviceSubRequest, 'allocationMode' | 'count' | 'deviceClassName'>

function devicesOf({ allocationMode, count }: Counted): number {
  if (allocationMode === 'All') return mostDevices
  return allocationMode === 'ExactCount' ? (count ?? 0) : 0
}

/** Of alternatives only one is taken: for each class the one that takes most. */
function worstOf(alternatives: readonly Counted[]): ResourceList {
  const worst: ResourceList = {}
  for (const alternative of alternatives) {
    const name = alternative.deviceClassName + classSuffix
    const devices = devicesOf(alternative)
    if (devices > Number(worst[name] ?? 0)) worst[name] = String(devices)
  }
  return worst
}

/** By the names a quota may have for them. */
export function deviceUsage({ spec }: ResourceClaim): ResourceList {
  const usage: ResourceList = {}
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    if (firstAvailable.length) addResources(usage, worstOf(firstAvailable))
    else if (exactly) addResources(usage, { [exactly.deviceClassName + classSuffix]: String(devicesOf(exactly)) })
  }
  return usage
}
