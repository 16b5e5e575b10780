/** NodeResourcesBalancedAllocation: prefers nodes whose CPU and memory are used to the same degree. */
import { maxNodeScore, type Plugin } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { ResourceAmounts } from '../resource-amounts.js'

const shareOf = (requested: number, capacity: number): number => Math.min(1, requested / capacity)

/** 100 less the standard deviation of the shares; of two it is half their distance. */
function balance({ milliCpu, memory }: ResourceAmounts, { allocatable, requested }: NodeInfo): number {
  if (!allocatable.milliCpu || !allocatable.memory) return maxNodeScore
  const cpu = shareOf(requested.milliCpu + milliCpu, allocatable.milliCpu)
  const ram = shareOf(requested.memory + memory, allocatable.memory)
  return Math.trunc((1 - Math.abs(cpu - ram) / 2) * maxNodeScore)
}

export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  score({ requests }) {
    // A pod that requests nothing changes no balance.
    if (!requests.milliCpu && !requests.memory) return undefined
    return { score: node => balance(requests, node) }
  },
}
