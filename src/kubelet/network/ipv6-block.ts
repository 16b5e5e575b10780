/** The IPv6 addresses of the pods of a cluster: a /64 for each bridge, in which a pod has the same number as among the IPv4 addresses there. Pure. */
import { formatCidr, formatIp, networkOf, parseCidr } from '../../machinery/ip.js'

interface Ipv6Part {
  /** CIDR. */
  subnet: string
  /** Of this machine on the bridge. */
  gateway: string
  prefix: number
}

const partPrefix = 64
/** As kubeadm's default: leaves numbers for 256 bridges. */
const blockPrefix = 56

export class Ipv6Block {
  readonly #base: Uint8Array

  /** Of a CIDR of 56 bits or fewer. */
  constructor(readonly subnet: string) {
    const cidr = parseCidr(subnet)
    if (cidr?.ip.family !== 6 || cidr.prefixLength > blockPrefix)
      throw new Error(`${subnet} is no IPv6 network of at most ${blockPrefix} bits`)
    this.#base = networkOf(cidr).bytes
  }

  /** The block whose first part is that network; undefined where it is none such. */
  static around(subnet: string): Ipv6Block | undefined {
    const cidr = parseCidr(subnet)
    if (cidr?.ip.family !== 6 || cidr.prefixLength !== partPrefix) return undefined
    const block = new Ipv6Block(formatCidr({ ip: cidr.ip, prefixLength: blockPrefix }))
    return block.part(0).subnet === subnet ? block : undefined
  }

  /** CIDR of its first parts; their number is a power of two. */
  beginning(parts: number): string {
    return `${this.address(0, 0)}/${partPrefix - Math.log2(parts)}`
  }

  part(index: number): Ipv6Part {
    return {
      subnet: `${this.address(index, 0)}/${partPrefix}`,
      gateway: this.address(index, 1),
      prefix: partPrefix,
    }
  }

  /** `new Ipv6Block('fd00:1::/56').address(2, 18)` is `fd00:1:0:2::12`. */
  address(index: number, place: number): string {
    const bytes = Uint8Array.from(this.#base)
    bytes[7] = index
    bytes[14] = place >> 8
    bytes[15] = place & 0xff
    return formatIp({ family: 6, bytes })
  }
}
