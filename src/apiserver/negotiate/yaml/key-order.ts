/** The order of keys in YAML: numbers within them count as numbers, and letters come after all else. */

const isLetter = (char: string | undefined) => char !== undefined && /\p{L}/u.test(char)
const isDigit = (char: string | undefined) => char !== undefined && /\p{Nd}/u.test(char)

function digitsFrom(chars: readonly string[], start: number): { end: number; value: bigint } {
  let end = start
  while (isDigit(chars[end])) end++
  return { end, value: BigInt(chars.slice(start, end).map(Number).join('') || 0) }
}

/** Digits before the first that differs: zeros after them are no leading zeros. */
function followsDigits(chars: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(chars[i]); i--) if (chars[i] !== '0') return true
  return false
}

function isLess(a: readonly string[], b: readonly string[]): boolean {
  const at = a.findIndex((char, i) => char !== b[i])
  if (at < 0 || at >= b.length) return a.length < b.length
  const [x, y] = [a[at]!, b[at]!]
  if (isLetter(x) && isLetter(y)) return x.codePointAt(0)! < y.codePointAt(0)!
  if (isLetter(x) || isLetter(y)) return isLetter(y)
  const [left, right] = [digitsFrom(a, at), digitsFrom(b, at)]
  const prefix = (x === '0' || y === '0') && followsDigits(a, at) ? 1n : 0n
  const value = (side: typeof left) => side.value + prefix * 10n ** BigInt(side.end - at)
  if (value(left) !== value(right)) return value(left) < value(right)
  if (left.end !== right.end) return left.end < right.end
  return x.codePointAt(0)! < y.codePointAt(0)!
}

/** For `sort`. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  return isLess([...a], [...b]) ? -1 : 1
}
