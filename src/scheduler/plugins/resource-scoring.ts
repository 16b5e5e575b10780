/** Scores nodes by how much of their resources would be requested: LeastAllocated, MostAllocated, RequestedToCapacityRatio. */
import type { NodeResourcesFitArgs, ResourceSpec, ShapePoint } from '../config/types.js'
import { maxNodeScore } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'

const defaultResources: ResourceSpec[] = [{ name: 'cpu' }, { name: 'memory' }]
/** Scores in configurations go to ten. */
const maxCustomScore = 10

/** What the node has of a resource, and what would be requested of it with the pod there; undefined where it does not count. */
function shares(name: string, info: PodInfo, node: NodeInfo): [capacity: number, requested: number] | undefined {
  const { allocatable, nonZeroRequested, requested } = node
  switch (name) {
    case 'cpu':
      return [allocatable.milliCpu, nonZeroRequested.milliCpu + info.nonZeroRequests.milliCpu]
    case 'memory':
      return [allocatable.memory, nonZeroRequested.memory + info.nonZeroRequests.memory]
    case 'ephemeral-storage':
      return [allocatable.ephemeralStorage, requested.ephemeralStorage + info.requests.ephemeralStorage]
    default: {
      const wanted = info.requests.scalar(name)
      return wanted ? [allocatable.scalar(name), requested.scalar(name) + wanted] : undefined
    }
  }
}

type ResourceScore = (requested: number, capacity: number) => number

const least: ResourceScore = (requested, capacity) =>
  requested > capacity ? 0 : Math.trunc(((capacity - requested) * maxNodeScore) / capacity)
const most: ResourceScore = (requested, capacity) =>
  Math.trunc((Math.min(requested, capacity) * maxNodeScore) / capacity)

/** Straight lines between the points. */
function broken(shape: readonly ShapePoint[]): ResourceScore {
  const points = shape.map(({ utilization, score }) => ({
    at: utilization,
    value: score * (maxNodeScore / maxCustomScore),
  }))
  const valueAt = (percent: number): number => {
    const i = points.findIndex(({ at }) => percent <= at)
    const next = points[i]
    if (!next) return points.at(-1)?.value ?? 0
    const before = points[i - 1]
    if (!before) return next.value
    return before.value + Math.trunc(((next.value - before.value) * (percent - before.at)) / (next.at - before.at))
  }
  return (requested, capacity) => valueAt(requested > capacity ? 100 : Math.trunc((requested * 100) / capacity))
}

export type AllocationScore = (info: PodInfo, node: NodeInfo) => number

/** Of CPU and memory, that weigh the same, without lists: it is asked for every node that fits. */
function meanOfTwo(scoreOf: ResourceScore): AllocationScore {
  return ({ nonZeroRequests }, { allocatable: { milliCpu, memory }, nonZeroRequested }) => {
    if (!milliCpu && !memory) return 0
    const ofCpu = milliCpu ? scoreOf(nonZeroRequested.milliCpu + nonZeroRequests.milliCpu, milliCpu) : 0
    const ofMemory = memory ? scoreOf(nonZeroRequested.memory + nonZeroRequests.memory, memory) : 0
    return milliCpu && memory ? Math.trunc((ofCpu + ofMemory) / 2) : ofCpu + ofMemory
  }
}

/** The weighted mean over the resources; by RequestedToCapacityRatio those that score nothing do not count. */
export function allocationScore(strategy: NodeResourcesFitArgs['scoringStrategy'] = {}): AllocationScore {
  const { type = 'LeastAllocated', requestedToCapacityRatio } = strategy
  const resources = strategy.resources?.length ? strategy.resources : defaultResources
  const byRatio = type === 'RequestedToCapacityRatio'
  const scoreOf = byRatio ? broken(requestedToCapacityRatio?.shape ?? []) : type === 'MostAllocated' ? most : least
  if (!strategy.resources?.length && !byRatio) return meanOfTwo(scoreOf)
  return (info, node) => {
    let sum = 0
    let weights = 0
    for (const { name, weight = 1 } of resources) {
      const share = shares(name, info, node)
      if (!share?.[0]) continue
      const score = scoreOf(share[1], share[0])
      if (byRatio && score <= 0) continue
      sum += score * (weight || 1)
      weights += weight || 1
    }
    if (!weights) return 0
    return byRatio ? Math.round(sum / weights) : Math.trunc(sum / weights)
  }
}
