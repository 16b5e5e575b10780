/** NodeResourcesFit: what a pod requests must be free, and the node with most left scores best (LeastAllocated). */
import type { Pod } from '../../apis/generated/core-v1.js'
import { maxNodeScore, type Plugin, type Rejection } from '../framework.js'
import { NodeInfo } from '../node-info.js'
import { newPodInfo, type PodInfo } from '../pod-info.js'
import type { ResourceAmounts } from '../resource-amounts.js'

const named = ['milliCpu', 'memory', 'ephemeralStorage'] as const
const words = { milliCpu: 'cpu', memory: 'memory', ephemeralStorage: 'ephemeral-storage' }

const requestsNothing = (r: ResourceAmounts): boolean =>
  !r.milliCpu && !r.memory && !r.ephemeralStorage && !r.scalars?.size

/** Everything that is short, in upstream's order; unresolvable when even the empty node is too small. */
export function insufficientResources(requests: ResourceAmounts, node: NodeInfo): Rejection | undefined {
  const { allocatable, requested, pods, allowedPods } = node
  const tooMany = pods.size + 1 > allowedPods
  if (requestsNothing(requests)) return tooMany ? { reasons: ['Too many pods'] } : undefined
  const reasons: string[] = tooMany ? ['Too many pods'] : []
  let unresolvable = false
  for (const name of named) {
    const wanted = requests[name]
    if (wanted <= 0 || wanted <= allocatable[name] - requested[name]) continue
    reasons.push(`Insufficient ${words[name]}`)
    unresolvable ||= wanted > allocatable[name]
  }
  for (const [name, wanted] of requests.scalars ?? []) {
    if (wanted === 0 || wanted <= allocatable.scalar(name) - requested.scalar(name)) continue
    reasons.push(`Insufficient ${name}`)
    unresolvable ||= wanted > allocatable.scalar(name)
  }
  return reasons.length ? { reasons, unresolvable } : undefined
}

/** The free share of one resource once the pod is there, 0 to 100. */
const freeShare = (requested: number, capacity: number): number =>
  requested > capacity ? 0 : Math.trunc(((capacity - requested) * maxNodeScore) / capacity)

/** CPU and memory weigh the same; a resource the node has none of does not count. */
function leastAllocated({ nonZeroRequests }: PodInfo, { allocatable, nonZeroRequested }: NodeInfo): number {
  let sum = 0
  let count = 0
  for (const name of ['milliCpu', 'memory'] as const) {
    if (!allocatable[name]) continue
    sum += freeShare(nonZeroRequested[name] + nonZeroRequests[name], allocatable[name])
    count++
  }
  return count ? Math.trunc(sum / count) : 0
}

/** True when the removed pod took up something that this one wants. */
function freesSomething({ requests }: PodInfo, pod: Pod): boolean {
  // A slot for a pod is freed in any case.
  if (requestsNothing(requests)) return true
  const freed = newPodInfo(pod).requests
  if (named.some(name => requests[name] > 0 && freed[name] > 0)) return true
  return [...(requests.scalars ?? [])].some(([name, amount]) => amount > 0 && freed.scalar(name) > 0)
}

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  filter: ({ requests }) => ({ check: node => insufficientResources(requests, node) }),
  score: info => ({ score: node => leastAllocated(info, node) }),
  mayHelp(info, event) {
    if (event.type === 'NodeAdd' || event.type === 'NodeUpdate') {
      const empty = new NodeInfo(event.node.metadata.name ?? '')
      empty.setNode(event.node)
      return !insufficientResources(info.requests, empty)
    }
    if (event.type === 'AssignedPodDelete') return true
    return event.type === 'AssignedPodUpdate' && freesSomething(info, event.old)
  },
}
