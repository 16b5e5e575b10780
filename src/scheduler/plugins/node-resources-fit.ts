/** NodeResourcesFit: what a pod requests must be free, and the node scores by what is left, or used. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { NodeResourcesFitArgs } from '../config/types.js'
import type { Plugin, Rejection } from '../framework.js'
import { NodeInfo } from '../node-info.js'
import { newPodInfo, type PodInfo } from '../pod-info.js'
import type { ResourceAmounts } from '../resource-amounts.js'
import { allocationScore } from './resource-scoring.js'

const named = ['milliCpu', 'memory', 'ephemeralStorage'] as const
const words = { milliCpu: 'cpu', memory: 'memory', ephemeralStorage: 'ephemeral-storage' }

const requestsNothing = (r: ResourceAmounts): boolean =>
  !r.milliCpu && !r.memory && !r.ephemeralStorage && !r.scalars?.size

const noneIgnored = () => false

/** Everything that is short, in upstream's order; unresolvable when even the empty node is too small. */
export function insufficientResources(
  requests: ResourceAmounts,
  node: NodeInfo,
  isIgnored: (name: string) => boolean = noneIgnored,
): Rejection | undefined {
  if (node.hasRoomFor(requests)) return undefined
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
    if (wanted === 0 || isIgnored(name) || wanted <= allocatable.scalar(name) - requested.scalar(name)) continue
    reasons.push(`Insufficient ${name}`)
    unresolvable ||= wanted > allocatable.scalar(name)
  }
  return reasons.length ? { reasons, unresolvable } : undefined
}

/** True when the removed pod took up something that this one wants. */
function freesSomething({ requests }: PodInfo, pod: Pod): boolean {
  // A slot for a pod is freed in any case.
  if (requestsNothing(requests)) return true
  const freed = newPodInfo(pod).requests
  if (named.some(name => requests[name] > 0 && freed[name] > 0)) return true
  return [...(requests.scalars ?? [])].some(([name, amount]) => amount > 0 && freed.scalar(name) > 0)
}

/** Extended resources that are another's business: by name, or by the part before the slash. */
function ignoredBy({ ignoredResources = [], ignoredResourceGroups = [] }: NodeResourcesFitArgs) {
  if (!ignoredResources.length && !ignoredResourceGroups.length) return noneIgnored
  return (name: string) => ignoredResources.includes(name) || ignoredResourceGroups.includes(name.split('/')[0] ?? '')
}

export function newNodeResourcesFit(args: NodeResourcesFitArgs = {}): Plugin {
  const isIgnored = ignoredBy(args)
  const score = allocationScore(args.scoringStrategy)
  return {
    name: 'NodeResourcesFit',
    filter: ({ requests }) => ({ check: node => insufficientResources(requests, node, isIgnored) }),
    score: info => ({ score: node => score(info, node) }),
    mayHelp(info, event) {
      if (event.type === 'NodeAdd' || event.type === 'NodeUpdate') {
        const empty = new NodeInfo(event.node.metadata.name ?? '')
        empty.setNode(event.node)
        return !insufficientResources(info.requests, empty, isIgnored)
      }
      if (event.type === 'AssignedPodDelete') return true
      return event.type === 'AssignedPodUpdate' && freesSomething(info, event.old)
    },
  }
}
