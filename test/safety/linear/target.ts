/** A store of small values under test, whichever way it is reached: the engine itself, or its server. */
import type { Version } from './history.js'

/** The version that was expected is not there. */
export class Refused extends Error {}

/** The request certainly did nothing: no server heard it. */
export class NotDone extends Error {}

/** Any other error than Refused and NotDone leaves open whether the write took place. */
export interface LinearTarget {
  get(key: string): Promise<Version | undefined>
  /** Resolves with the new revision. */
  put(key: string, value: string, expect: number | 'absent'): Promise<number>
  delete(key: string, expect: number): Promise<void>
  list(): Promise<{ revision: number; items: Map<string, Version> }>
}
