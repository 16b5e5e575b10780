/** One committed write as the cache sees it, and the event that each kind of watcher hears of it, made once. */
import type { Entry } from './entry.js'
import { CacheEvent } from './event.js'

export class Change {
  readonly key: string
  readonly revision: number
  readonly current?: Entry
  readonly previous?: Entry
  #modified: CacheEvent | undefined
  #deleted: CacheEvent | undefined

  constructor(key: string, revision: number, { current, previous }: { current?: Entry; previous?: Entry }) {
    this.key = key
    this.revision = revision
    if (current) this.current = current
    if (previous) this.previous = previous
  }

  /**
   * What a watcher with this selection is told, if anything. Worked example: a pod's label goes from app=a to app=b.
   * A watcher of app=a hears DELETED with the pod as it was, one of app=b ADDED, one of all MODIFIED.
   */
  eventFor(selects: (entry: Entry) => boolean): CacheEvent | undefined {
    const { current, previous } = this
    const is = current !== undefined && selects(current)
    const was = previous !== undefined && selects(previous)
    if (is) return was ? (this.#modified ??= new CacheEvent('MODIFIED', current)) : current.added
    return was ? (this.#deleted ??= new CacheEvent('DELETED', previous.tombstone(this.revision))) : undefined
  }
}
