/** Fields that hold a number or a text: ports by number or name, amounts by count or percentage. */

/** A count, or a percentage such as `25%`; ports: a number or a name. */
export type IntOrString = number | string

/** How a percentage that gives no whole number is rounded. */
export type Rounding = 'up' | 'down'

/**
 * A count as it is, a percentage of `total`. Throws an Error with upstream's words for any other text.
 * `scaledValue('25%', 10, 'up')` is 3.
 */
export function scaledValue(value: IntOrString, total: number, rounding: Rounding): number {
  if (typeof value === 'number') return value
  const fail = (why: string) => new Error(`invalid value for IntOrString: ${why}`)
  if (!value.endsWith('%')) throw fail('invalid type: string is not a percentage')
  const text = value.slice(0, -1)
  if (!/^[+-]?\d+$/.test(text)) {
    const parsing = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
    throw fail(`invalid value ${JSON.stringify(value)}: ${parsing}`)
  }
  const exact = (Number(text) * total) / 100
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact)
}

/** The number of `25%`, undefined for anything that is no percentage. */
export const percentOf = (value: IntOrString | undefined): number | undefined =>
  typeof value === 'string' && /^\d+%$/.test(value) ? Number(value.slice(0, -1)) : undefined

/** A text that is an int32 becomes that number: query parameters, command lines. */
export function parseIntOrString(text: string): IntOrString {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= -2147483648 && value <= 2147483647 ? value : text
}
