/** The networks that nodes have of a cluster's addresses: each is made of parts that have a bridge, of both families in step. Pure. */
import { NetworkParts } from '../../machinery/network-parts.js'
import { RuntimeError } from '../runtime/runtime.js'
import type { AddressBlock, BlockPart } from './bridge/address-block.js'
import type { Ipv6Block } from './ipv6-block.js'
import type { NodeRange } from './network-manager.js'

export class NodeNetworks {
  readonly #block: AddressBlock
  readonly #ranges: readonly NetworkParts[]

  /** `nodeMask`: bits of the IPv4 network of a node. */
  constructor(block: AddressBlock, nodeMask: number, ipv6: Ipv6Block | undefined) {
    this.#block = block
    const ipv4 = new NetworkParts(block.subnet, nodeMask)
    const { length } = block.parts
    const bits = Math.log2(length / ipv4.count)
    this.#ranges = [ipv4, ...(ipv6 ? [new NetworkParts(ipv6.beginning(length), 64 - bits)] : [])]
  }

  /** Of each family as many. */
  get ranges(): readonly NodeRange[] {
    return this.#ranges.map(({ whole, prefixLength }) => ({ clusterCidr: whole, nodeMaskSize: prefixLength }))
  }

  /** What a node that has those CIDRs has its pods in. Throws RuntimeError where that cannot be. */
  partsOf(podCidrs: readonly string[]): readonly BlockPart[] {
    if (podCidrs.length === 0) throw new RuntimeError('other', 'the node has no pod CIDR')
    const number = nodeNumber(this.ranges, podCidrs)
    if (number === undefined) throw this.#foreign(podCidrs)
    const { parts } = this.#block
    const share = parts.length / this.#ranges[0]!.count
    return parts.slice(number * share, (number + 1) * share)
  }

  #foreign(podCidrs: readonly string[]): RuntimeError {
    const wanted = this.ranges.map(({ clusterCidr, nodeMaskSize }) => `a /${nodeMaskSize} of ${clusterCidr}`)
    const families = wanted.length > 1 ? ', both of one number' : ''
    return new RuntimeError(
      'other',
      `the pod CIDR of the node is ${podCidrs.join(',')}, not ${wanted.join(' and ')}${families}`,
    )
  }
}

/** Which node's networks those CIDRs are: one of each range, and all of the same number. Undefined where they are not. */
export function nodeNumber(ranges: readonly NodeRange[], podCidrs: readonly string[]): number | undefined {
  const numbers = ranges.map(({ clusterCidr, nodeMaskSize }, i) => {
    const parts = new NetworkParts(clusterCidr, nodeMaskSize)
    const { first = -1 } = parts.covered(podCidrs[i] ?? '') ?? {}
    return first >= 0 && parts.at(first) === podCidrs[i] ? first : undefined
  })
  const isOne = podCidrs.length === ranges.length && numbers.every(number => number === numbers[0])
  return isOne ? numbers[0] : undefined
}
