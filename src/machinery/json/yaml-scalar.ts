/** The plain scalars of YAML 1.1 as go-yaml v2 reads them: null, booleans, integers in four bases, floats. */

const words = new Map<string, unknown>([
  ['', null],
  ['~', null],
  ['.nan', Number.NaN],
  ['.NaN', Number.NaN],
  ['.NAN', Number.NaN],
])
for (const [value, names] of [
  [null, ['null']],
  [true, ['y', 'yes', 'true', 'on']],
  [false, ['n', 'no', 'false', 'off']],
  [Number.POSITIVE_INFINITY, ['.inf', '+.inf']],
  [Number.NEGATIVE_INFINITY, ['-.inf']],
] as const) {
  for (const name of names) {
    words.set(name, value).set(name.toUpperCase(), value)
    words.set(
      name.replace(/[a-z]/, first => first.toUpperCase()),
      value,
    )
  }
}

const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const least = -(2n ** 63n)
const most = 2n ** 64n - 1n

function readInteger(text: string): number | bigint | undefined {
  const digits = text.replace(/^[-+]/, '')
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = text.startsWith('-') ? -magnitude : magnitude
  if (value < least || value > most) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Undefined for what is just text. Dates and `1:30` are. */
export function resolvePlainScalar(source: string): unknown {
  if (words.has(source)) return words.get(source)
  const first = source[0]!
  if (first === '.') return float.test(source) ? Number(source) : undefined
  if (!/[-+0-9]/.test(first)) return undefined
  const plain = source.replaceAll('_', '')
  if (integer.test(plain)) {
    const value = readInteger(plain)
    if (value !== undefined) return value
  }
  const value = float.test(plain) ? Number(plain) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
