/** Kubernetes quantities (`500m`, `1Gi`, `12e6`): exact numbers that print in upstream's canonical form. */
import { divideRoundingUp, powerOfTen } from './quantity-scale.js'

/** How a quantity was written, and so how it is printed: `12M`, `12Mi` or `12e6`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** The number is `mantissa × 10^scale`; the scale is never below -9. */
export interface Quantity {
  readonly mantissa: bigint
  readonly scale: number
  readonly format: QuantityFormat
  /** The text it was parsed from, where upstream prints that again. */
  readonly text?: string
}

/** Every function below takes a parsed quantity, or what an object carries. */
export type QuantityInput = Quantity | string | number

/** The words of the three ways a text can be no quantity. */
const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const numericWrong = 'unable to parse numeric part of quantity'
const suffixWrong = "unable to parse quantity's suffix"

/** The text is no quantity; the message is upstream's. */
export class QuantityFormatError extends Error {}

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]))
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const maxInt64 = 2n ** 63n - 1n

interface Suffix {
  base: 2 | 10
  exponent: number
  format: QuantityFormat
}

function readSuffix(suffix: string): Suffix {
  const decimal = Object.hasOwn(decimalExponents, suffix) ? decimalExponents[suffix] : undefined
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' }
  const binary = binarySuffixes.indexOf(suffix)
  if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' }
  const exponent = /^[eE]([-+]?\d{1,10})$/.test(suffix) ? Number(suffix.slice(1)) : Number.NaN
  if (!(Math.abs(exponent) <= 2147483647)) throw new QuantityFormatError(suffixWrong)
  return { base: 10, exponent, format: 'DecimalExponent' }
}

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/

/** Digits left for the fast path of upstream, which decides whether the written text is printed again. */
const spareDigits = ({ base, exponent }: Suffix, whole: string, fraction: string): number => {
  if (base === 10) return 18 - whole.length - fraction.length
  return fraction ? -1 : 14 - whole.length - Math.floor((exponent * 3) / 10)
}

function parse(text: string): Quantity {
  const match = text ? pattern.exec(text) : null
  if (!match) throw new QuantityFormatError(formatWrong)
  const negative = match[1] === '-'
  const whole = match[2]!.replace(/^0+/, '') || '0'
  const fraction = match[3] ?? ''
  const suffix = readSuffix(match[4]!)
  const digits = whole + fraction
  const unsigned = BigInt(digits)
  const sign = negative ? -1n : 1n

  const scale = (suffix.base === 10 ? suffix.exponent : 0) - fraction.length
  const mantissa = unsigned * (suffix.base === 2 ? 1n << BigInt(suffix.exponent) : 1n)
  if (spareDigits(suffix, whole, fraction) >= 0 && scale >= -9) {
    const canonical =
      suffix.base === 2 ? (unsigned & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
    return { mantissa: sign * mantissa, scale, format: suffix.format, ...((canonical || text === '0') && { text }) }
  }
  if (!match[2] && !match[3]) throw new QuantityFormatError(numericWrong)
  return bounded({ mantissa, scale, format: suffix.format }, sign)
}

/** What is smaller than a nano becomes one; binary quantities stop at an int64's end. */
function bounded(amount: Quantity, sign: bigint): Quantity {
  let { mantissa, scale, format } = roundUp(amount, -9)
  if (format === 'BinarySI') {
    if (mantissa > 0n && compareAmounts({ mantissa, scale, format }, one) < 0) format = 'DecimalSI'
    if (compareAmounts({ mantissa, scale, format }, largest) > 0) [mantissa, scale] = [maxInt64, 0]
  }
  return { mantissa: sign * mantissa, scale, format }
}

const one: Quantity = { mantissa: 1n, scale: 0, format: 'DecimalSI' }
const largest: Quantity = { mantissa: maxInt64, scale: 0, format: 'BinarySI' }

function roundUp(amount: Quantity, scale: number): Quantity {
  if (amount.scale >= scale) return amount
  return { mantissa: divideRoundingUp(amount.mantissa, scale - amount.scale), scale, format: amount.format }
}

/** Quantities recur: the same few hundred texts stand in thousands of objects. */
const parsed = new Map<string, Quantity>()
const cacheSize = 4096

/** Throws a QuantityFormatError with upstream's message. */
export function parseQuantity(input: QuantityInput): Quantity {
  if (typeof input === 'object') return input
  const text = typeof input === 'number' ? String(input) : input.trim()
  let quantity = parsed.get(text)
  if (!quantity) {
    quantity = parse(text)
    if (parsed.size >= cacheSize) parsed.clear()
    if (text.length <= 32) parsed.set(text, quantity)
  }
  return quantity
}

const abs = (n: bigint) => (n < 0n ? -n : n)
const digitsOf = (n: bigint) => (n === 0n ? 0 : abs(n).toString().length)

/** Both mantissas at the smaller scale. */
function aligned(a: Quantity, b: Quantity): [a: bigint, b: bigint, scale: number] {
  const scale = Math.min(a.scale, b.scale)
  return [a.mantissa * powerOfTen(a.scale - scale), b.mantissa * powerOfTen(b.scale - scale), scale]
}

function compareAmounts(a: Quantity, b: Quantity): -1 | 0 | 1 {
  const signs = Math.sign(Number(a.mantissa)) - Math.sign(Number(b.mantissa))
  if (signs !== 0) return signs < 0 ? -1 : 1
  if (a.mantissa === 0n) return 0
  // Numbers of different length need no powers of ten, which an exponent could make huge.
  const longer = digitsOf(a.mantissa) + a.scale - digitsOf(b.mantissa) - b.scale
  if (longer !== 0) return longer > 0 === a.mantissa > 0n ? 1 : -1
  const [left, right] = aligned(a, b)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Below, at or above zero as `a` is less than, equal to or greater than `b`. */
export const compareQuantity = (a: QuantityInput, b: QuantityInput): -1 | 0 | 1 =>
  compareAmounts(parseQuantity(a), parseQuantity(b))

/** The sum, in the format of `a`, or of `b` where `a` is zero. */
export function addQuantity(a: QuantityInput, b: QuantityInput): Quantity {
  const [left, right] = [parseQuantity(a), parseQuantity(b)]
  const [x, y, scale] = aligned(left, right)
  return { mantissa: x + y, scale, format: left.mantissa === 0n ? right.format : left.format }
}

/** The difference, in the format of `a`, or of `b` where `a` is zero. */
export function subtractQuantity(a: QuantityInput, b: QuantityInput): Quantity {
  const { mantissa, scale, format } = parseQuantity(b)
  return addQuantity(a, { mantissa: -mantissa, scale, format })
}

/** An integer times ten to the scale, such as `quantityOf(1500, -3)` for 1500m. */
export const quantityOf = (value: number | bigint, scale = 0, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  mantissa: BigInt(value),
  scale,
  format,
})

/** In units of 10^scale, rounded away from zero; beyond an int64 it stops there. Above 2^53 the number is inexact. */
function scaledValue(quantity: Quantity, scale: number): number {
  if (quantity.mantissa === 0n) return 0
  const { mantissa } = roundUp(quantity, scale)
  const shift = Math.max(quantity.scale - scale, 0)
  if (digitsOf(mantissa) + shift > 19) return Number(mantissa < 0n ? -maxInt64 : maxInt64)
  return Number(mantissa * powerOfTen(shift))
}

/** The value in whole units, rounded away from zero: bytes, pods. */
export const quantityValue = (input: QuantityInput): number => scaledValue(parseQuantity(input), 0)

/** The value in thousandths, rounded away from zero: millicores. */
export const quantityMilliValue = (input: QuantityInput): number => scaledValue(parseQuantity(input), -3)

/** Rounds away from zero to a multiple of 10^scale; resource lists are rounded to -3 when they are read. */
export const roundUpQuantity = (input: QuantityInput, scale: number): Quantity => roundUp(parseQuantity(input), scale)

function strip(mantissa: bigint, factor: bigint): [rest: bigint, times: number] {
  let times = 0
  while (mantissa % factor === 0n) {
    mantissa /= factor
    times++
  }
  return [mantissa, times]
}

function formatBinary(mantissa: bigint): string {
  const [rest, times] = strip(mantissa, 1024n)
  const suffix = Math.min(times, 6)
  return `${rest * 1024n ** BigInt(times - suffix)}${binarySuffixes[suffix]}`
}

function formatDecimal(amount: Quantity): string {
  const [rest, times] = strip(amount.mantissa, 10n)
  const scale = amount.scale + times
  const exponent = Math.floor(scale / 3) * 3
  const number = rest * powerOfTen(scale - exponent)
  const suffix = amount.format === 'DecimalSI' ? decimalSuffixes.get(exponent) : undefined
  return `${number}${suffix ?? (exponent === 0 ? '' : `e${exponent}`)}`
}

/** Canonical text: no fraction, the largest suffix that loses nothing. */
export function formatQuantity(input: QuantityInput): string {
  const quantity = parseQuantity(input)
  if (quantity.text !== undefined) return quantity.text
  if (quantity.mantissa === 0n) return '0'
  if (quantity.format !== 'BinarySI') return formatDecimal(quantity)
  const whole = roundUp(quantity, 0)
  const small = Math.abs(quantityValue(quantity)) < 1024 && compareMagnitude(quantity, 1024n) < 0
  const exact = compareAmounts(whole, quantity) === 0
  return small || !exact
    ? formatDecimal({ ...quantity, format: 'DecimalSI' })
    : formatBinary(whole.mantissa * powerOfTen(whole.scale))
}

const compareMagnitude = (a: Quantity, bound: bigint) =>
  compareAmounts({ ...a, mantissa: abs(a.mantissa) }, { ...one, mantissa: bound })

/** The form in which an object is stored: `"0.5"` becomes `500m`, `1024Mi` becomes `1Gi`. Throws a QuantityFormatError. */
export const canonicalQuantity = (input: string | number): string => formatQuantity(input)
