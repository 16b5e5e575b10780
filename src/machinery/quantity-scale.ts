/** Powers of ten for exact decimal arithmetic. */

const powers: bigint[] = Array.from({ length: 40 }, (_, i) => 10n ** BigInt(i))

/** Exponents beyond this come only from texts such as `1e999999`, whose arithmetic would fill the memory. */
const maxExponent = 10_000

/** 10^exponent, exponent ≥ 0. Throws a RangeError beyond 10,000. */
export function powerOfTen(exponent: number): bigint {
  const power = powers[exponent]
  if (power !== undefined) return power
  if (exponent > maxExponent) throw new RangeError(`10^${exponent} is too large to compute with`)
  return 10n ** BigInt(exponent)
}

/** value / 10^exponent, rounded away from zero. */
export function divideRoundingUp(value: bigint, exponent: number): bigint {
  if (value === 0n) return 0n
  const sign = value < 0n ? -1n : 1n
  // A divisor longer than the value needs no division.
  if (exponent > maxExponent) return sign
  const divisor = powerOfTen(exponent)
  const quotient = value / divisor
  return quotient * divisor === value ? quotient : quotient + sign
}
