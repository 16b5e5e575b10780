/** A block of addresses without parts of it, as blocks: for where a rule can name one block only. */
import { type Cidr, cidrContains, formatCidr, networkOf, parseCidr } from '../../machinery/ip.js'

const contains = (outer: Cidr, inner: Cidr) => outer.prefixLength <= inner.prefixLength && cidrContains(outer, inner.ip)

/** The lower and the upper half. */
function halvesOf(block: Cidr): Cidr[] {
  const prefixLength = block.prefixLength + 1
  const lower = networkOf(block)
  const bytes = lower.bytes.map((byte, i) =>
    i === block.prefixLength >> 3 ? byte | (0x80 >> (block.prefixLength & 7)) : byte,
  )
  return [lower, { ...lower, bytes }].map(ip => ({ ip, prefixLength }))
}

function without(block: Cidr, hole: Cidr): Cidr[] {
  if (contains(hole, block)) return []
  if (!contains(block, hole)) return [block]
  return halvesOf(block).flatMap(half => without(half, hole))
}

const parse = (text: string): Cidr[] => [parseCidr(text) ?? []].flat()

/** `cidrWithout('10.0.0.0/30', ['10.0.0.1/32'])` is `10.0.0.0/32` and `10.0.0.2/31`. */
export const cidrWithout = (cidr: string, except: readonly string[]): string[] =>
  except
    .flatMap(parse)
    .reduce((blocks, hole) => blocks.flatMap(block => without(block, hole)), parse(cidr))
    .map(formatCidr)
