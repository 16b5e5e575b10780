/** Numbers that may be given as a share of another: `3` or `25%`. */

/** Resolves to a count out of `total`; percentages are rounded up or down. Absent or malformed counts as 0. */
export function scaledValue(value: number | string | undefined, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value ?? '')?.[1]
  if (percent === undefined) return 0
  const exact = (Number(percent) * total) / 100
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact)
}
