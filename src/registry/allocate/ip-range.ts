/** Cluster IPs of one subnet. */
import type { Random } from '../../machinery/clock.js'
import {
  type Cidr,
  cidrContains,
  formatCidr,
  formatIp,
  type Ip,
  networkOf,
  parseCidr,
  parseIp,
} from '../../machinery/ip.js'
import { NumberRange, reservedPart } from './number-range.js'

export type IpFamily = 'IPv4' | 'IPv6'

/** An address cannot be had; the message is upstream's. */
export class AllocationError extends Error {}

/** Larger subnets are used up to here: as good as endless. */
const maxBits = 40

export class IpRange {
  readonly family: IpFamily
  readonly #cidr: Cidr
  readonly #base: bigint
  readonly #count: number
  readonly #numbers: NumberRange

  /** Throws when the text is no CIDR, or an IPv6 one shorter than /64. */
  constructor(subnet: string, random: Random) {
    const cidr = parseCidr(subnet)
    if (!cidr) throw new Error(`service subnet ${subnet} is no CIDR`)
    const bits = cidr.ip.bytes.length * 8 - cidr.prefixLength
    if (cidr.ip.family === 6 && bits > 64)
      throw new Error(`shortest allowed prefix length for service CIDR is 64, got ${cidr.prefixLength}`)
    this.#cidr = cidr
    this.family = cidr.ip.family === 6 ? 'IPv6' : 'IPv4'
    this.#base = numberOf(networkOf(cidr))
    const size = 2 ** Math.min(bits, maxBits)
    // Neither the network's own address nor, in IPv4, its broadcast address is given out.
    this.#count = Math.max(0, size - (this.family === 'IPv4' ? 2 : 1))
    this.#numbers = new NumberRange({ size: this.#count, reserved: reservedPart(size, { step: 16, max: 256 }), random })
  }

  /** The network's own address, which nobody gets: what dry runs show. */
  get networkAddress(): string {
    return formatIp(networkOf(this.#cidr))
  }

  /** Throws AllocationError when it is outside of the range; `take` also when it is taken. */
  check(text: string): number {
    const ip = parseIp(text)
    if (!ip || !cidrContains(this.#cidr, ip))
      throw new AllocationError('the provided network does not match the current range')
    const number = Number(numberOf(ip) - this.#base) - 1
    if (number < 0 || number >= this.#count)
      throw new AllocationError(
        `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${formatCidr(this.#cidr)}`,
      )
    return number
  }

  take(text: string): void {
    if (!this.#numbers.take(this.check(text))) throw new AllocationError('provided IP is already allocated')
  }

  takeAny(): string {
    const number = this.#numbers.takeAny()
    if (number === undefined) throw new AllocationError('range is full')
    return formatIp(this.#address(this.#base + BigInt(number) + 1n))
  }

  /** Of an address outside of the range: nothing to do. */
  release(text: string): void {
    const ip = parseIp(text)
    if (ip && cidrContains(this.#cidr, ip)) this.#numbers.release(Number(numberOf(ip) - this.#base) - 1)
  }

  #address(value: bigint): Ip {
    const length = this.family === 'IPv6' ? 16 : 4
    const bytes = Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn))
    return { family: this.family === 'IPv6' ? 6 : 4, bytes }
  }
}

const numberOf = ({ bytes }: Ip): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
