/** NodeResourcesBalancedAllocation: prefers nodes whose resources are used to the same degree. */
import type { ResourceSpec } from '../config/types.js'
import { maxNodeScore, type Plugin } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { ResourceAmounts } from '../resource-amounts.js'

const amountOf = (amounts: ResourceAmounts, name: string): number => {
  if (name === 'cpu') return amounts.milliCpu
  if (name === 'memory') return amounts.memory
  return name === 'ephemeral-storage' ? amounts.ephemeralStorage : amounts.scalar(name)
}
const isCommon = (name: string): boolean => ['cpu', 'memory', 'ephemeral-storage'].includes(name)

function deviation(shares: readonly number[]): number {
  if (shares.length < 2) return 0
  if (shares.length === 2) return Math.abs((shares[0] as number) - (shares[1] as number)) / 2
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length)
}

/** 100 less the standard deviation of the shares; extended resources count where the pod requests them. */
function balance(names: readonly string[], requests: ResourceAmounts, { allocatable, requested }: NodeInfo): number {
  const shares: number[] = []
  for (const name of names) {
    const [capacity, wanted] = [amountOf(allocatable, name), amountOf(requests, name)]
    if (!capacity || (!wanted && !isCommon(name))) continue
    shares.push(Math.min(1, (amountOf(requested, name) + wanted) / capacity))
  }
  return Math.trunc((1 - deviation(shares)) * maxNodeScore)
}

/** The same for the two that every pod has, without lists: it is asked for every node that fits. */
function balanceOfTwo({ milliCpu, memory }: ResourceAmounts, { allocatable, requested }: NodeInfo): number {
  if (!allocatable.milliCpu || !allocatable.memory) return maxNodeScore
  const cpu = Math.min(1, (requested.milliCpu + milliCpu) / allocatable.milliCpu)
  const other = Math.min(1, (requested.memory + memory) / allocatable.memory)
  return Math.trunc((1 - Math.abs(cpu - other) / 2) * maxNodeScore)
}

export function newBalancedAllocation({ resources = [] }: { resources?: ResourceSpec[] } = {}): Plugin {
  const names = resources.length ? resources.map(({ name }) => name) : ['cpu', 'memory']
  const areUsual = names.join() === 'cpu,memory'
  return {
    name: 'NodeResourcesBalancedAllocation',
    score({ requests }) {
      // A pod that requests nothing changes no balance.
      if (!names.some(name => amountOf(requests, name))) return undefined
      return { score: node => (areUsual ? balanceOfTwo(requests, node) : balance(names, requests, node)) }
    },
  }
}
