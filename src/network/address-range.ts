/** Ranges of addresses that are given out one by one. */

const lastOfRange = 254

/** What all addresses of a range begin with: `198.18.7.` of `198.18.7.0/24`, `2001:2:0:7::` of `2001:2:0:7::/64`. */
const prefixOf = (range: string) =>
  range.includes(':') ? range.slice(0, range.indexOf('/')) : range.slice(0, range.lastIndexOf('.') + 1)

export const isInRange = (address: string, range: string): boolean => address.startsWith(prefixOf(range))

/** The first 254. */
export function* addressesIn(range: string): Generator<string> {
  for (let last = 1; last <= lastOfRange; last++)
    yield `${prefixOf(range)}${last.toString(range.includes(':') ? 16 : 10)}`
}
