/** Cuts a page out of entries in key order. */
import type { Entry } from './entry.js'
import type { PageCounts } from './page-counts.js'
import type { Selector } from './selection.js'

export interface CacheList {
  items: Entry[]
  /** Of the snapshot. */
  revision: number
  /** More follow the last item. */
  more: boolean
  /** How many follow; undefined with labels or fields selected by. */
  remaining?: number
}

interface Cut {
  /** 0: everything. */
  limit: number
  revision: number
}

interface SelectedCut extends Cut {
  selector: Selector
  /** Whether anything at all follows a key, where `source` leaves some of it out. */
  follows?(key: string): boolean
}

/** Those that the selector matches. What follows a full page is neither matched nor counted, as upstream has it: the next may be empty. */
export function selectFrom(source: Iterable<Entry>, cut: SelectedCut): CacheList {
  const { selector, limit, revision, follows } = cut
  const items: Entry[] = []
  const iterator = source[Symbol.iterator]()
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const entry = next.value
    if (!selector.matches(entry)) continue
    items.push(entry)
    if (items.length !== limit) continue
    return { items, revision, more: follows ? follows(entry.key) : !iterator.next().done }
  }
  return { items, revision, more: false }
}

export interface PageCut extends Cut {
  keyPrefix: string
  after?: string
  /** How many there are from here on, where that is known. */
  known?: number
}

/** All of them, and how many follow. */
export function pageFrom(source: Iterable<Entry>, cut: PageCut, counts: PageCounts): CacheList {
  const { limit, revision, keyPrefix, after } = cut
  const known = cut.known ?? (after === undefined ? undefined : counts.behind(revision, keyPrefix, after))
  const items: Entry[] = []
  let remaining = 0
  for (const entry of source) {
    if (limit === 0 || items.length < limit) items.push(entry)
    else if (known === undefined) remaining++
    else {
      remaining = known - limit
      break
    }
  }
  const key = items.at(-1)?.key
  if (remaining > 0 && key !== undefined) counts.remember(revision, keyPrefix, { key, remaining })
  return { items, revision, more: remaining > 0, remaining }
}
