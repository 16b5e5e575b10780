/** The current state by key, and with the history's help the state at an earlier revision. */
import BTreeModule from 'sorted-btree'
import type { Page, StorageEvent, StorageListOptions, Stored } from '../storage.js'
import type { History } from './history.js'

// The package is CommonJS: under Node's ESM its class is the `default` of the default.
const BTree = ((BTreeModule as { default?: unknown }).default ?? BTreeModule) as typeof BTreeModule.default
export type Tree = InstanceType<typeof BTree<string, Stored>>

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const newTree = (): Tree => new BTree<string, Stored>(undefined, byCodeUnit)

/** Applies one record and returns the event it makes. */
export function applyRecord(tree: Tree, key: string, revision: number, current: Stored | undefined): StorageEvent {
  const previous = tree.get(key)
  if (current) tree.set(key, current)
  else tree.delete(key)
  return { type: current ? 'put' : 'delete', key, revision, current, previous }
}

/** Values that keys of the prefix had before the events after `revision`; undefined: the key was absent. */
function undone(history: History, prefix: string, revision: number): Map<string, Stored | undefined> {
  const changes = new Map<string, Stored | undefined>()
  for (const { key, previous } of history.after(revision)) {
    if (key.startsWith(prefix) && !changes.has(key)) changes.set(key, previous)
  }
  return changes
}

function* currentItems(tree: Tree, prefix: string, after: string): Generator<Stored> {
  for (const [key, stored] of tree.entries(after > prefix ? after : prefix)) {
    if (!key.startsWith(prefix)) return
    if (key > after) yield stored
  }
}

/** Today's items with the changes laid over them, in key order. */
function* itemsAt(current: Iterable<Stored>, changes: Map<string, Stored | undefined>, after: string) {
  const past = [...changes.values()].filter((s): s is Stored => s !== undefined && s.key > after)
  past.sort((a, b) => byCodeUnit(a.key, b.key))
  let next = 0
  for (const stored of current) {
    while (next < past.length && past[next]!.key < stored.key) yield past[next++]!
    if (!changes.has(stored.key)) yield stored
  }
  while (next < past.length) yield past[next++]!
}

/** A page of the prefix at `revision`, which lies within the history. */
export function listAt(
  { tree, history, newest }: { tree: Tree; history: History; newest: number },
  prefix: string,
  { revision = newest, limit = 0, after = '' }: StorageListOptions,
): Page {
  const current = currentItems(tree, prefix, after)
  const source = revision === newest ? current : itemsAt(current, undone(history, prefix, revision), after)
  const items: Stored[] = []
  let remaining = 0
  for (const stored of source) {
    if (limit > 0 && items.length === limit) remaining++
    else items.push(stored)
  }
  return { items, revision, more: remaining > 0, remaining }
}
