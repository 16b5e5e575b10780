/** Which networks nodes have, of one family or of both: a node gets one of each or none. */
import type { Node } from '../../apis/generated/core-v1.js'
import { parseCidr } from '../../machinery/ip.js'
import { CidrSet, type CidrSetOptions, usedUpMessage } from './cidr-set.js'
import type { CidrMetrics } from './metrics.js'

export interface NodeCidrOptions {
  /** One, or one of each family. */
  clusterCidrs: readonly CidrSetOptions[]
  /** What of them services have: nodes get none of it. */
  serviceCidrs: readonly string[]
}

/** All are taken; the message is upstream's. */
export class NoCidrLeft extends Error {}

export const podCidrsOf = ({ spec }: Node): readonly string[] => spec?.podCIDRs ?? []

export class CidrLedger {
  readonly #sets: readonly CidrSet[]
  readonly #metrics: CidrMetrics | undefined
  /** Names of nodes that found nothing left. */
  readonly #waiting = new Set<string>()

  constructor({ clusterCidrs, serviceCidrs }: NodeCidrOptions, metrics: CidrMetrics | undefined) {
    this.#sets = clusterCidrs.map(options => new CidrSet(options))
    this.#metrics = metrics
    for (const set of this.#sets) {
      metrics?.announce(set)
      for (const cidr of serviceCidrs) this.#occupyIfShared(set, cidr)
    }
  }

  #occupyIfShared(set: CidrSet, cidr: string): void {
    try {
      this.#metrics?.changed(set, set.occupy(cidr))
    } catch {
      // Apart, as they should be.
    }
  }

  /** CIDRs for a node that has none. Throws NoCidrLeft. */
  take(): string[] {
    const taken: string[] = []
    for (const [i, set] of this.#sets.entries()) {
      const found = set.take()
      if (!found) {
        this.giveBack(taken)
        throw new NoCidrLeft(`failed to allocate cidr from cluster cidr at idx:${i}: ${usedUpMessage}`)
      }
      taken.push(found.cidr)
      this.#metrics?.changed(set, 1)
      this.#metrics?.tried(set, found.tries)
    }
    return taken
  }

  giveBack(cidrs: readonly string[]): void {
    for (const [i, cidr] of cidrs.entries()) {
      const set = this.#sets[i]
      if (set) this.#metrics?.changed(set, -set.release(cidr))
    }
  }

  /** The node is to hear when something is free. */
  wait({ metadata: { name = '' } }: Node): void {
    this.#waiting.add(name)
  }

  /** Names of those that wait; they wait no longer. */
  takeWaiting(): string[] {
    const names = [...this.#waiting]
    this.#waiting.clear()
    return names
  }

  /** What the node has is nobody else's. Throws where it is not of the cluster's. Safe to repeat. */
  keep(node: Node): void {
    const { name } = node.metadata
    for (const [i, cidr] of podCidrsOf(node).entries()) {
      const set = this.#sets[i]
      if (!parseCidr(cidr)) throw new Error(`failed to parse node ${name}, CIDR ${node.spec?.podCIDR}`)
      if (!set)
        throw new Error(
          `node:${name} has an allocated cidr: ${cidr} at index:${i} that does not exist in cluster cidrs configuration`,
        )
      try {
        this.#metrics?.changed(set, set.occupy(cidr))
      } catch (error) {
        const why = (error as Error).message
        throw new Error(`failed to mark cidr[${cidr}] at idx [${i}] as occupied for node: ${name}: ${why}`)
      }
    }
  }
}
