/** Batch by dominant resource: the pod that takes the largest share of what the cluster has of some resource comes first. */
import type { ClusterCache } from '../cache.js'
import type { PodInfo } from '../pod-info.js'
import { ResourceAmounts } from '../resource-amounts.js'
import type { BatchPlanner } from './batch.js'

function totalOf(cache: ClusterCache): ResourceAmounts {
  const total = new ResourceAmounts()
  for (const { allocatable } of cache.nodeList()) total.add(allocatable)
  return total
}

/** 0 to 1: the largest of the pod's shares in the total. */
export function dominantShare({ requests }: PodInfo, total: ResourceAmounts): number {
  const share = (wanted: number, there: number) => (wanted ? wanted / Math.max(there, 1) : 0)
  const shares = [
    share(requests.milliCpu, total.milliCpu),
    share(requests.memory, total.memory),
    share(requests.ephemeralStorage, total.ephemeralStorage),
  ]
  for (const [name, wanted] of requests.scalars ?? []) shares.push(share(wanted, total.scalar(name)))
  return Math.max(...shares)
}

/** Biggest first, then by priority; those alike keep their turn. */
export const planByDominantResource: BatchPlanner = ({ pods, cluster }) => {
  const total = totalOf(cluster.cache)
  const shares = new Map(pods.map(info => [info, dominantShare(info, total)]))
  const shareOf = (info: PodInfo) => shares.get(info) ?? 0
  return [...pods].sort((a, b) => shareOf(b) - shareOf(a) || b.priority - a.priority).map(info => ({ info }))
}
