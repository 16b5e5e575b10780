/** One look at a JSON text before it is parsed: how deep it nests, how many keys it writes, whether it needs exact reading. */

export interface JsonScan {
  /** Objects and arrays inside each other. */
  depth: number
  /** Keys written, doubles included: one colon each. */
  keys: number
  /** Some number is written with so many digits that a double may not hold it. */
  longNumbers: boolean
  /** Some number is written with a point or an exponent. */
  fractions: boolean
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** Position of the quote that ends the string beginning at `start`, or the length. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === backslash) at++
  }
  return bytes.length
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39

/** Takes UTF-8. Never throws: a text that is no JSON gives some answer, and the parser complains. */
export function scanJson(bytes: Uint8Array): JsonScan {
  const scan = { depth: 0, keys: 0, longNumbers: false, fractions: false }
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === quote) at = endOfString(bytes, at)
    else if (byte === colon) scan.keys++
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > scan.depth) scan.depth = depth
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (isDigit(byte)) {
      const start = at
      while (isDigit(bytes[at + 1])) at++
      // 2^53 has 16 digits.
      if (at - start >= 15) scan.longNumbers = true
      const next = bytes[at + 1]
      if (next === 0x2e || next === 0x65 || next === 0x45) scan.fractions = true
    }
  }
  return scan
}

/** Keys of all objects within a parsed value: fewer than were written when some were written twice. */
export function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countKeys(item)
    return count
  }
  for (const key in value) {
    count++
    const inner = (value as Record<string, unknown>)[key]
    if (typeof inner === 'object') count += countKeys(inner)
  }
  return count
}
