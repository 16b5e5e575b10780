/** From the least to the most that a size or a cost can be. Infinity stands for all that 64 bits cannot count. */
export interface Range {
  readonly min: number
  readonly max: number
}

const limit = 2 ** 64
const saturated = (value: number) => (value >= limit || Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)

export const exactly = (value: number): Range => ({ min: value, max: value })
export const nothing = exactly(0)
export const unknownSize: Range = { min: 0, max: Number.POSITIVE_INFINITY }

/** Nothing times anything is nothing, endless things included. */
const product = (a: number, b: number) => (a === 0 || b === 0 ? 0 : saturated(a * b))

export const sum = (...ranges: readonly Range[]): Range =>
  ranges.reduce((a, b) => ({ min: saturated(a.min + b.min), max: saturated(a.max + b.max) }), nothing)
export const times = (a: Range, b: Range): Range => ({ min: product(a.min, b.min), max: product(a.max, b.max) })
/** By a factor, rounded up. */
export const scaled = ({ min, max }: Range, factor: number): Range => ({
  min: Math.ceil(product(min, factor)),
  max: Math.ceil(product(max, factor)),
})
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) })
