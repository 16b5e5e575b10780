/** A block of IPv4 addresses without parts of it, as blocks: for where a rule can name one block only. */

interface Block {
  first: number
  prefix: number
}

const sizeOf = (prefix: number) => 2 ** (32 - prefix)

function parse(cidr: string): Block {
  const [address = '', length] = cidr.split('/')
  const prefix = Number(length)
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { first: number - (number % sizeOf(prefix)), prefix }
}

const contains = (a: Block, b: Block) => a.prefix <= b.prefix && b.first - (b.first % sizeOf(a.prefix)) === a.first

function without(block: Block, hole: Block): Block[] {
  if (contains(hole, block)) return []
  if (!contains(block, hole)) return [block]
  const prefix = block.prefix + 1
  const halves = [block.first, block.first + sizeOf(prefix)].map(first => ({ first, prefix }))
  return halves.flatMap(half => without(half, hole))
}

const format = ({ first, prefix }: Block) =>
  `${[24, 16, 8, 0].map(shift => Math.floor(first / 2 ** shift) % 256).join('.')}/${prefix}`

/** `cidrWithout('10.0.0.0/30', ['10.0.0.1/32'])` is `10.0.0.0/32` and `10.0.0.2/31`. */
export const cidrWithout = (cidr: string, except: readonly string[]): string[] =>
  except.reduce((blocks, hole) => blocks.flatMap(block => without(block, parse(hole))), [parse(cidr)]).map(format)
