/** The quality of service class of a pod: what is killed first when a node runs short. */
import { compareQuantity } from '../../machinery/quantity.js'
import type { Pod, ResourceRequirements } from '../generated/core-v1.js'
import { addResources, type ResourceList } from './resource-list.js'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const computeResources = ['cpu', 'memory'] as const

function positiveAmounts(list: Readonly<Record<string, string>> | undefined): ResourceList {
  const result: ResourceList = {}
  for (const name of computeResources) {
    const quantity = list?.[name]
    if (quantity !== undefined && compareQuantity(quantity, '0') > 0) result[name] = quantity
  }
  return result
}

/** Guaranteed: limits of cpu and memory everywhere, equal to the requests. BestEffort: nothing at all. */
export function computeQosClass({ spec }: Pick<Pod, 'spec'>): QosClass {
  const podLevel = spec.resources
  const parts: (ResourceRequirements | undefined)[] = podLevel
    ? [podLevel]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(container => container.resources)
  const requests: ResourceList = {}
  const limits: ResourceList = {}
  let allLimited = true
  for (const part of parts) {
    const partLimits = positiveAmounts(part?.limits)
    // A pod-level block without limits does not decide by itself, as upstream has it.
    if (!podLevel || podLevel.limits) allLimited &&= computeResources.every(name => name in partLimits)
    addResources(requests, positiveAmounts(part?.requests))
    addResources(limits, partLimits)
  }
  const requested = Object.keys(requests)
  if (!requested.length && !Object.keys(limits).length) return 'BestEffort'
  const equal = requested.every(name => limits[name] && compareQuantity(limits[name], requests[name] ?? '0') === 0)
  return allLimited && equal && requested.length === Object.keys(limits).length ? 'Guaranteed' : 'Burstable'
}

/** What the API server computed at creation, else the same computation. */
export const qosClassOf = (pod: Pick<Pod, 'spec' | 'status'>): QosClass =>
  (pod.status?.qosClass as QosClass | undefined) || computeQosClass(pod)
