/** The cluster IPs of one subnet: which there are, and in which order they are tried. */
import type { Random } from '../../machinery/clock.js'
import { type Cidr, cidrContains, formatCidr, formatIp, networkOf, parseCidr, parseIp } from '../../machinery/ip.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import { ipOfNumber, numberOfIp } from '../../machinery/ip-number.js'
import { reservedPart } from './number-range.js'

/** An address or port cannot be had; the message is upstream's. */
export class AllocationError extends Error {}

/** Larger subnets are used up to here: as good as endless. */
const maxBits = 40

export class IpRange {
  readonly family: IpFamily
  readonly #cidr: Cidr
  readonly #base: bigint
  readonly #count: number
  /** The first addresses are left to those who ask by name, while others are free. */
  readonly #reserved: number

  /** Throws when the text is no CIDR, or an IPv6 one shorter than /64. */
  constructor(subnet: string) {
    const cidr = parseCidr(subnet)
    if (!cidr) throw new Error(`service subnet ${subnet} is no CIDR`)
    const bits = cidr.ip.bytes.length * 8 - cidr.prefixLength
    if (cidr.ip.family === 6 && bits > 64)
      throw new Error(`shortest allowed prefix length for service CIDR is 64, got ${cidr.prefixLength}`)
    this.#cidr = cidr
    this.family = cidr.ip.family === 6 ? 'IPv6' : 'IPv4'
    this.#base = numberOfIp(networkOf(cidr))
    const size = 2 ** Math.min(bits, maxBits)
    // Neither the network's own address nor, in IPv4, its broadcast address is given out.
    this.#count = Math.max(0, size - (this.family === 'IPv4' ? 2 : 1))
    this.#reserved = reservedPart(size, { step: 16, max: 256 })
  }

  /** The network's own address, which nobody gets: what dry runs show. */
  get networkAddress(): string {
    return formatIp(networkOf(this.#cidr))
  }

  contains(text: string): boolean {
    const ip = parseIp(text)
    return !!ip && cidrContains(this.#cidr, ip)
  }

  /** Throws AllocationError of an address that the range holds but nobody gets. */
  check(text: string): void {
    const ip = parseIp(text)
    const number = ip ? Number(numberOfIp(ip) - this.#base) - 1 : -1
    if (number < 0 || number >= this.#count)
      throw new AllocationError(
        `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${formatCidr(this.#cidr)}`,
      )
  }

  /** Every address once: those above the reserved part from a random one on, then the reserved ones likewise. */
  *candidates(random: Random): Generator<string> {
    for (const [low, high] of [
      [this.#reserved, this.#count],
      [0, this.#reserved],
    ] as const) {
      const start = Math.floor(random.next() * (high - low))
      for (let step = 0; step < high - low; step++) yield this.#address(low + ((start + step) % (high - low)))
    }
  }

  #address(number: number): string {
    return formatIp(ipOfNumber(this.#base + BigInt(number) + 1n, this.family === 'IPv6' ? 6 : 4))
  }
}
