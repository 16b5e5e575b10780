/** The networks that nodes are given, of one family: which are taken, and which comes next. Upstream's order: after the last, those given back. */
import { parseCidr } from '../../machinery/ip.js'
import { NetworkParts } from '../../machinery/network-parts.js'

export interface CidrSetOptions {
  /** CIDR of all pods. */
  clusterCidr: string
  /** Bits of the network of a node. */
  nodeMaskSize: number
}

/** Upstream's bound for IPv6. */
const mostExtraBits = 16

export const usedUpMessage =
  'CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range'

export class CidrSet {
  readonly #parts: NetworkParts
  readonly #used = new Set<number>()
  #next = 0

  /** Throws where the two do not go together. */
  constructor({ clusterCidr, nodeMaskSize }: CidrSetOptions) {
    const { ip, prefixLength } = parseCidr(clusterCidr) ?? {}
    if (ip?.family === 6 && nodeMaskSize - prefixLength! > mostExtraBits)
      throw new Error('New CIDR set failed; the node CIDR size is too big')
    this.#parts = new NetworkParts(clusterCidr, nodeMaskSize)
  }

  get clusterCidr(): string {
    return this.#parts.whole
  }

  /** How many there are. */
  get size(): number {
    return this.#parts.count
  }

  /** How many of them are taken. */
  get taken(): number {
    return this.#used.size
  }

  /** One that is free, and how many were passed over; undefined where all are taken. */
  take(): { cidr: string; tries: number } | undefined {
    if (this.taken === this.size) return undefined
    let tries = 0
    while (this.#used.has((this.#next + tries) % this.size)) tries++
    const index = (this.#next + tries) % this.size
    this.#next = (index + 1) % this.size
    this.#used.add(index)
    return { cidr: this.#parts.at(index), tries }
  }

  /** Marks all that it covers as taken; answers how many were not. Throws when it covers none. */
  occupy(cidr: string): number {
    const before = this.taken
    for (const index of this.#covered(cidr)) this.#used.add(index)
    return this.taken - before
  }

  /** The other way round. */
  release(cidr: string): number {
    const before = this.taken
    for (const index of this.#covered(cidr)) this.#used.delete(index)
    return before - this.taken
  }

  #covered(cidr: string): number[] {
    const covered = this.#parts.covered(cidr)
    if (!covered) throw new Error(`cidr ${cidr} is out the range of cluster cidr ${this.clusterCidr}`)
    return Array.from({ length: covered.last - covered.first + 1 }, (_, i) => covered.first + i)
  }
}
