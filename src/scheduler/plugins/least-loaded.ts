/** LeastLoaded: prefers the node that really has least to do, by what was measured there, and not by what its pods request. */
import { maxNodeScore, type Plugin } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { NodeLoad } from '../node-loads.js'
import type { PodInfo } from '../pod-info.js'

const shareOf = (used: number, capacity: number): number => (capacity ? Math.min(1, used / capacity) : 1)

/** Pods that came after the measurement are counted by their requests, for they are not in it. */
function loadOf({ nonZeroRequests }: PodInfo, node: NodeInfo, measured: NodeLoad | undefined): number {
  const { allocatable, nonZeroRequested, pods } = node
  let cpu = nonZeroRequests.milliCpu
  let memory = nonZeroRequests.memory
  if (!measured) {
    cpu += nonZeroRequested.milliCpu
    memory += nonZeroRequested.memory
  } else {
    cpu += measured.milliCpu
    memory += measured.memory
    for (const [uid, other] of pods) {
      if (measured.pods.has(uid)) continue
      cpu += other.nonZeroRequests.milliCpu
      memory += other.nonZeroRequests.memory
    }
  }
  return Math.max(shareOf(cpu, allocatable.milliCpu), shareOf(memory, allocatable.memory))
}

/** A node that nobody measured counts by the requests of its pods. */
export const leastLoaded: Plugin = {
  name: 'LeastLoaded',
  score(info, { loads }) {
    const measured = loads()
    return { score: node => (1 - loadOf(info, node, measured.get(node.name))) * maxNodeScore }
  },
}
