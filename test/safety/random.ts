/** Chance that can be repeated: the same seed gives the same requests. */
import { newRandomSource, type RandomSource } from '../random-source.js'

export interface Chance extends RandomSource {
  /** True once in so many times. */
  oneIn(times: number): boolean
  bytes(length: number): Buffer
}

export function newChance(seed: number): Chance {
  const source = newRandomSource(seed)
  const { below } = source
  return {
    ...source,
    oneIn: times => below(times) === 0,
    bytes: length => Buffer.from(Array.from({ length }, () => below(256))),
  }
}
