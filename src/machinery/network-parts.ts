/** The networks of one size that a larger network is made of, by their number. */
import { type Cidr, cidrContains, formatCidr, formatIp, networkOf, parseCidr } from './ip.js'
import { ipOfNumber, numberOfIp } from './ip-number.js'

export class NetworkParts {
  readonly #whole: Cidr
  readonly #base: bigint
  /** Of a part. */
  readonly prefixLength: number
  readonly count: number

  /** Of a CIDR. Throws when it is none, or smaller than its parts. */
  constructor(whole: string, prefixLength: number) {
    const cidr = parseCidr(whole)
    if (!cidr || prefixLength < cidr.prefixLength || prefixLength > cidr.ip.bytes.length * 8)
      throw new Error(`${whole} has no parts of ${prefixLength} bits`)
    this.#whole = cidr
    this.#base = numberOfIp(networkOf(cidr))
    this.prefixLength = prefixLength
    this.count = 2 ** (prefixLength - cidr.prefixLength)
  }

  get #hostBits(): bigint {
    return BigInt(this.#whole.ip.bytes.length * 8 - this.prefixLength)
  }

  /** CIDR of the whole, host bits cleared. */
  get whole(): string {
    return formatCidr(this.#whole)
  }

  /** CIDR of a part. */
  at(index: number): string {
    const value = this.#base + (BigInt(index) << this.#hostBits)
    return `${formatIp(ipOfNumber(value, this.#whole.ip.family))}/${this.prefixLength}`
  }

  /** The first and the last part that shares addresses with that CIDR; undefined where none does. */
  covered(text: string): { first: number; last: number } | undefined {
    const cidr = parseCidr(text)
    if (!cidr) return undefined
    if (cidr.prefixLength <= this.#whole.prefixLength)
      return cidrContains(cidr, networkOf(this.#whole)) ? { first: 0, last: this.count - 1 } : undefined
    if (!cidrContains(this.#whole, cidr.ip)) return undefined
    const begin = numberOfIp(networkOf(cidr)) - this.#base
    const size = 1n << BigInt(cidr.ip.bytes.length * 8 - cidr.prefixLength)
    return { first: Number(begin >> this.#hostBits), last: Number((begin + size - 1n) >> this.#hostBits) }
  }
}
