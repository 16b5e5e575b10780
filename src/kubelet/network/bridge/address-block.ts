/** The addresses of the pods of a cluster, in parts of a bridge each. Pure. */
import { blockAround, formatAddress, parseAddress } from '../subnets.js'

/**
 * The largest: 509 pods. Linux takes 1,023 ports on a bridge, but what all of them are to hear, such as who has an address, waits in a queue of 1,000
 * packets (net.core.netdev_max_backlog): of 1,021 pods on a bridge, the 129 oldest could not be found.
 */
export const largestPart = 23

/** A bridge, and who is on it. */
export interface BlockPart {
  index: number
  /** CIDR. */
  subnet: string
  /** Of this machine on the bridge. */
  gateway: string
  prefix: number
}

export class AddressBlock {
  readonly #base: number
  readonly #size: number
  readonly #prefix: number
  readonly #used = new Set<number>()
  /** Where the search goes on, by where it began. */
  readonly #next = new Map<number, number>()

  /** Of a CIDR; `nodeMask` has the bits of the network of a node, where nodes have their own: no two of them share a part. */
  constructor(
    readonly subnet: string,
    readonly nodeMask?: number,
  ) {
    const [address = '', bits = ''] = subnet.split('/')
    this.#base = parseAddress(address)
    this.#prefix = Math.max(Number(bits), largestPart, nodeMask ?? 0)
    this.#size = 2 ** (32 - Number(bits))
  }

  /** The block whose first part is that network; undefined when it is none of ours. Of blocks that nodes have no networks of their own in. */
  static around(subnet: string): AddressBlock | undefined {
    const block = blockAround(subnet)
    if (!block) return undefined
    const whole = new AddressBlock(block)
    return whole.partAt(0).subnet === subnet ? whole : undefined
  }

  get #partSize(): number {
    return 2 ** (32 - this.#prefix)
  }

  partAt(index: number): BlockPart {
    const base = this.#base + index * this.#partSize
    const subnet = `${formatAddress(base)}/${this.#prefix}`
    return { index, subnet, gateway: formatAddress(base + 1), prefix: this.#prefix }
  }

  get parts(): readonly BlockPart[] {
    return Array.from({ length: this.#size / this.#partSize }, (_, index) => this.partAt(index))
  }

  partOf(address: string): BlockPart {
    return this.partAt(Math.floor((parseAddress(address) - this.#base) / this.#partSize))
  }

  /** Its number in its part. */
  placeOf(address: string): number {
    return (parseAddress(address) - this.#base) % this.#partSize
  }

  /** Marks an address as in use. */
  keep(address: string): void {
    this.#used.add(parseAddress(address) - this.#base)
  }

  /** An address that no pod has, of that CIDR; those given back come last. Undefined when there is none. */
  take(within: string = this.subnet): string | undefined {
    const [address = '', bits = ''] = within.split('/')
    const [first, size] = [parseAddress(address) - this.#base, 2 ** (32 - Number(bits))]
    const begin = this.#next.get(first) ?? 0
    for (let i = 0; i < size; i++) {
      const offset = first + ((begin + i) % size)
      const place = offset % this.#partSize
      // The network's own address, this machine's, and that of everybody.
      if (place < 2 || place === this.#partSize - 1 || this.#used.has(offset)) continue
      this.#next.set(first, (begin + i + 1) % size)
      this.#used.add(offset)
      return formatAddress(this.#base + offset)
    }
    return undefined
  }

  giveBack(address: string): void {
    this.#used.delete(parseAddress(address) - this.#base)
  }
}
