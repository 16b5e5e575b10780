/** The order of a merged list: the patch's elements in the patch's order, woven into the server's. */
import { noMergeKey } from './directives.js'

/** What tells elements apart: the merge key's value of objects, scalars themselves. */
export type KeyOf = (item: unknown) => unknown

/** Objects must have the merge key, or upstream's error is thrown. */
export function requireMergeKey(mergeKey: string, ...lists: (readonly unknown[])[]): void {
  for (const list of lists) {
    for (const item of list) if (!Object.hasOwn(item as object, mergeKey)) throw noMergeKey(item, mergeKey)
  }
}

/** The first place of each key. */
function places(list: readonly unknown[], keyOf: KeyOf): Map<unknown, number> {
  const found = new Map<unknown, number>()
  list.forEach((item, i) => {
    const key = keyOf(item)
    if (!found.has(key)) found.set(key, i)
  })
  return found
}

function sortBy(items: readonly unknown[], order: ReadonlyMap<unknown, number>, keyOf: KeyOf): unknown[] {
  return [...items].sort((a, b) => {
    const [left, right] = [order.get(keyOf(a)), order.get(keyOf(b))]
    return left === undefined || right === undefined ? 0 : left - right
  })
}

export interface ElementOrder {
  /** Order of the elements that the patch names. */
  patch: readonly unknown[]
  /** Order of what the server had before. */
  server: readonly unknown[]
  keyOf: KeyOf
}

/**
 * Both orders are kept. An element that only the server has comes before the first of the patch's that stood after it:
 * server `a b c d`, patch `d b` gives `a c d b`.
 */
export function orderElements(merged: readonly unknown[], { patch, server, keyOf }: ElementOrder): unknown[] {
  const patchPlaces = places(patch, keyOf)
  const serverPlaces = places(server, keyOf)
  const named = sortBy(
    merged.filter(item => patchPlaces.has(keyOf(item))),
    patchPlaces,
    keyOf,
  )
  const others = sortBy(
    merged.filter(item => !patchPlaces.has(keyOf(item))),
    serverPlaces,
    keyOf,
  )

  const result: unknown[] = []
  let next = 0
  for (const item of named) {
    const place = serverPlaces.get(keyOf(item))
    while (next < others.length && place !== undefined) {
      const other = serverPlaces.get(keyOf(others[next]))
      if (other === undefined || other >= place) break
      result.push(others[next++])
    }
    result.push(item)
  }
  return [...result, ...others.slice(next)]
}
