/** Numbers as Go prints them, for texts that upstream makes that way. */

/** A float as Go's `%v` and strconv's shortest form print it: with an exponent of two digits below 1e-4 and from 1e6 on. */
export function goFloat(value: number): string {
  const [mantissa, power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 6) return String(value)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** Integers beyond int64 are floats to Go. */
export const isGoInteger = (value: unknown): value is number | bigint => {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 63
}

/** A number as Go's `%v` prints it. */
export const goNumber = (value: number | bigint): string =>
  isGoInteger(value) ? String(value) : goFloat(Number(value))
