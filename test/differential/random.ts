/** A seeded source of choices: the same seed makes the same requests on every machine. */
import { newRandomSource, type RandomSource } from '../random-source.js'

export interface Chooser extends RandomSource {
  chance(probability: number): boolean
}

export function newChooser(seed: number): Chooser {
  const source = newRandomSource(seed)
  return { ...source, chance: probability => source.next() < probability }
}

/** A seed of its own for a part, so that one more request in a part leaves the others as they were. */
export function seedFor(seed: number, name: string): number {
  let hash = 2166136261 ^ seed
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619)
  return hash >>> 0
}
