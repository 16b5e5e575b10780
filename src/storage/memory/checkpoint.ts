/** What a store held at one revision, and the way back to it. */
import type { Stored } from '../storage.js'
import type { Tree } from './tree.js'

/** Shares its objects, and until they change its nodes, with the store it was taken of. */
export interface Checkpoint {
  readonly tree: Tree
  readonly revision: number
}

/** A key that is not as it was: `wanted` is what it held; undefined: nothing. */
export interface Difference {
  readonly key: string
  readonly wanted: Stored | undefined
}

/**
 * In key order. Worked example: then {a: 1, b: 2}, now {b: 2, c: 3} gives [a wants 1, c wants nothing]; b holds the
 * same bytes in the same memory.
 */
export function* differences(now: Tree, then: Tree): Generator<Difference> {
  const [present, past] = [now.values(), then.values()]
  let [a, b] = [present.next(), past.next()]
  while (!a.done || !b.done) {
    const [here, there] = [a.value as Stored | undefined, b.value as Stored | undefined]
    if (here && (!there || here.key < there.key)) {
      yield { key: here.key, wanted: undefined }
      a = present.next()
    } else if (there && (!here || there.key < here.key)) {
      yield { key: there.key, wanted: there }
      b = past.next()
    } else {
      if (here!.bytes !== there!.bytes) yield { key: there!.key, wanted: there }
      a = present.next()
      b = past.next()
    }
  }
}
