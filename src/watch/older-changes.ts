/** What the store still knows of a resource from before its cache began to follow it. */
import type { Storage, Stored } from '../storage/storage.js'
import { Change } from './change.js'
import { Entry, type EntrySource } from './entry.js'

export interface OlderChangesRange {
  /** Changes after this revision, which the store has not compacted, */
  floor: number
  /** up to this one. */
  until: number
  /** Entries that exist already and are shared. */
  known: Iterable<Entry>
}

/** Oldest first. */
export function olderChanges(
  { storage, prefix, ...source }: EntrySource & { storage: Storage; prefix: string },
  { floor, until, known }: OlderChangesRange,
): Change[] {
  const entries = new Map<number, Entry>()
  for (const entry of known) entries.set(entry.revision, entry)
  const entryOf = (stored: Stored | undefined): Entry | undefined => {
    if (!stored) return undefined
    const entry = entries.get(stored.modRevision) ?? new Entry(stored, source)
    entries.set(stored.modRevision, entry)
    return entry
  }
  const changes: Change[] = []
  const end = storage.subscribe(prefix, floor, events => {
    for (const { key, revision, current, previous } of events)
      if (revision <= until)
        changes.push(new Change(key, revision, { current: entryOf(current), previous: entryOf(previous) }))
  })
  end()
  return changes
}
