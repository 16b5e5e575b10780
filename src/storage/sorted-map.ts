/** A map in key order that can also be read as it was: the base of the memory engine and of the watch cache. */
import BTreeModule from 'sorted-btree'

// The package is CommonJS: under Node's ESM its class is the `default` of the default.
const BTree = ((BTreeModule as { default?: unknown }).default ?? BTreeModule) as typeof BTreeModule.default

export interface Keyed {
  readonly key: string
}

/** A value that a later write replaced or removed; undefined: the key was absent. */
export interface Replaced<V> {
  readonly key: string
  readonly previous?: V
}

export type SortedMap<V> = InstanceType<typeof BTree<string, V>>

/** Order of keys: by code unit, which for ASCII is etcd's. */
export const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const newSortedMap = <V>(): SortedMap<V> => new BTree<string, V>(undefined, compareKeys)

/** What is there now: keys of the prefix, those after `after` only, in order. */
export function* itemsNow<V extends Keyed>(map: SortedMap<V>, prefix: string, after = ''): Generator<V> {
  // The iterator fills one pair over and over.
  const pair: [string, V] | [] = []
  for (const [key, value] of map.entries(after > prefix ? after : prefix, pair)) {
    if (!key.startsWith(prefix)) return
    if (key !== after) yield value
  }
}

/** What was there before `changes`, the writes since, oldest first. Worked example: now {a, c}, changes [c was absent, b was 1] give {a, b: 1}. */
export function* itemsBefore<V extends Keyed>(
  map: SortedMap<V>,
  changes: Iterable<Replaced<V>>,
  { prefix, after = '' }: { prefix: string; after?: string },
): Generator<V> {
  const undone = new Map<string, V | undefined>()
  for (const { key, previous } of changes) if (key.startsWith(prefix) && !undone.has(key)) undone.set(key, previous)
  const past = [...undone.values()].filter((value): value is Awaited<V> & V => value !== undefined && value.key > after)
  past.sort((a, b) => compareKeys(a.key, b.key))
  let next = 0
  for (const value of itemsNow(map, prefix, after)) {
    while (next < past.length && past[next]!.key < value.key) yield past[next++]!
    if (!undone.has(value.key)) yield value
  }
  while (next < past.length) yield past[next++]!
}
