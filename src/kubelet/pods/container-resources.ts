/** What a container's requests and limits mean to Linux. Pure; upstream's numbers. */

import { qosClassOf } from '../../apis/core-v1/pod-qos.js'
import { podRequests } from '../../apis/core-v1/pod-resources.js'
import type { Container, Pod } from '../../apis/generated/core-v1.js'
import { quantityMilliValue, quantityValue } from '../../machinery/quantity.js'
import type { LinuxResources } from '../runtime/types.js'
import { type AnyContainer, isRestartableInit } from './pod.js'

const sharesPerCpu = 1024
const minShares = 2
const maxShares = 262_144
const quotaPeriod = 100_000
const minQuota = 1_000
/** Upstream's scores: what is killed first when the node runs out of memory. */
const guaranteedScore = -997
const bestEffortScore = 1000
const criticalPriority = 2_000_000_000

const isCritical = ({ spec }: Pod) => (spec.priority ?? 0) >= criticalPriority

const sharesOf = (milliCpu: number) =>
  milliCpu === 0 ? minShares : Math.min(maxShares, Math.max(minShares, Math.floor((milliCpu * sharesPerCpu) / 1000)))

/** `memoryCapacity` is the node's, in bytes. */
export function oomScoreOf(pod: Pod, container: AnyContainer, memoryCapacity: number): number {
  const qos = qosClassOf(pod)
  if (isCritical(pod) || qos === 'Guaranteed') return guaranteedScore
  if (qos === 'BestEffort') return bestEffortScore
  const requested = (c: AnyContainer) => quantityValue((c as Container).resources?.requests?.memory ?? '0')
  const scoreFor = (bytes: number) => 1000 - Math.floor((1000 * bytes) / memoryCapacity)
  let score = scoreFor(requested(container))
  // A sidecar goes no sooner than the containers that it serves.
  if (pod.spec.initContainers?.includes(container as Container) && isRestartableInit(container))
    score = Math.min(score, scoreFor(Math.min(...pod.spec.containers.map(requested))))
  if (score < 1000 + guaranteedScore) return 1000 + guaranteedScore
  return score === bestEffortScore ? bestEffortScore - 1 : score
}

/** A container without limits of its own is bound by the pod's. */
export function linuxResources(pod: Pod, container: AnyContainer, memoryCapacity: number): LinuxResources {
  const { requests = {}, limits = {} } = (container as Container).resources ?? {}
  const podLimits = pod.spec.resources?.limits ?? {}
  const cpuLimit = quantityMilliValue(limits.cpu ?? podLimits.cpu ?? '0')
  const cpuRequest =
    requests.cpu === undefined ? quantityMilliValue(limits.cpu ?? '0') : quantityMilliValue(requests.cpu)
  const memory = quantityValue(limits.memory ?? podLimits.memory ?? '0')
  return {
    cpuShares: sharesOf(cpuRequest),
    ...(cpuLimit > 0 && { cpuQuota: Math.max(minQuota, (cpuLimit * quotaPeriod) / 1000) }),
    ...(memory > 0 && { memoryLimitBytes: memory }),
    oomScoreAdj: oomScoreOf(pod, container, memoryCapacity),
  }
}

/** What admission counts. */
export const requestsOf = (pod: Pod) => podRequests(pod)
