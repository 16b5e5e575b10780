/** Chance that can be repeated: the same seed gives the same requests. */

export interface Chance {
  /** In [0, 1). */
  next(): number
  /** In [0, below). */
  below(limit: number): number
  pick<T>(choices: readonly T[]): T
  /** True once in so many times. */
  oneIn(times: number): boolean
  bytes(length: number): Buffer
}

/** Mulberry32. */
export function newChance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: choices => choices[below(choices.length)]!,
    oneIn: times => below(times) === 0,
    bytes: length => Buffer.from(Array.from({ length }, () => below(256))),
  }
}
