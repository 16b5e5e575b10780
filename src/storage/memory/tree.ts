/** The current state by key, and with the history's help the state at an earlier revision. */
import type { EventWindow } from '../event-window.js'
import { itemsBefore, itemsNow, newSortedMap, type SortedMap } from '../sorted-map.js'
import type { Page, StorageEvent, StorageListOptions, Stored } from '../storage.js'

export type Tree = SortedMap<Stored>

export const newTree = (): Tree => newSortedMap<Stored>()

/** Applies one record and returns the event it makes. */
export function applyRecord(tree: Tree, key: string, revision: number, current: Stored | undefined): StorageEvent {
  const previous = tree.get(key)
  if (current) tree.set(key, current)
  else tree.delete(key)
  return { type: current ? 'put' : 'delete', key, revision, current, previous }
}

/** A page of the prefix at `revision`, which lies within the history. */
export function listAt(
  { tree, history, newest }: { tree: Tree; history: EventWindow; newest: number },
  prefix: string,
  { revision = newest, limit = 0, after }: StorageListOptions,
): Page {
  const source =
    revision === newest ? itemsNow(tree, prefix, after) : itemsBefore(tree, history.after(revision), { prefix, after })
  const items: Stored[] = []
  let remaining = 0
  for (const stored of source) {
    if (limit > 0 && items.length === limit) remaining++
    else items.push(stored)
  }
  return { items, revision, more: remaining > 0, remaining }
}
