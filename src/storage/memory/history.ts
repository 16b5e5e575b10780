/** The recent events of the store, one per revision without holes: what watches replay and exact-revision reads undo. */
import type { StorageEvent } from '../storage.js'

/** Older history is dropped when any of these is exceeded. */
export interface HistoryBounds {
  /** Milliseconds. Default five minutes, as upstream compacts etcd. */
  maxAge: number
  maxEvents: number
  /** Bytes of replaced and deleted values that history alone keeps in memory. */
  maxBytes: number
}

export const defaultHistoryBounds: HistoryBounds = { maxAge: 5 * 60_000, maxEvents: 200_000, maxBytes: 128 << 20 }

const weightOf = (event: StorageEvent): number => event.previous?.bytes.length ?? 0

/**
 * Worked example: compacted = 7 and events 8, 9, 10. A watch after 7 gets all three, a watch after 6 is refused; the state
 * at 8 is today's with 10 and then 9 undone.
 */
export class History {
  readonly #bounds: HistoryBounds
  #compacted: number
  // Revision r sits at #head + r - #compacted - 1.
  #events: (StorageEvent | undefined)[] = []
  #head = 0
  #bytes = 0

  constructor(compacted: number, bounds: HistoryBounds) {
    this.#compacted = compacted
    this.#bounds = bounds
  }

  get compacted(): number {
    return this.#compacted
  }

  /** The next event; its revision follows the last one's. */
  push(event: StorageEvent): void {
    this.#events.push(event)
    this.#bytes += weightOf(event)
    const { maxEvents, maxBytes } = this.#bounds
    while (this.#events.length - this.#head > maxEvents || (this.#bytes > maxBytes && this.#head < this.#events.length))
      this.#dropOldest()
    this.#reclaim()
  }

  /** Forgets the events up to and including the revision. */
  compact(revision: number): void {
    while (this.#compacted < revision && this.#head < this.#events.length) this.#dropOldest()
    this.#reclaim()
  }

  /** Events after the revision, oldest first; the revision is not below `compacted`. */
  *after(revision: number): Generator<StorageEvent> {
    for (let next = revision + 1; ; next++) {
      const event = this.#events[this.#head + next - this.#compacted - 1]
      if (!event) return
      yield event
    }
  }

  #dropOldest(): void {
    this.#bytes -= weightOf(this.#events[this.#head]!)
    this.#events[this.#head] = undefined
    this.#head++
    this.#compacted++
  }

  // Moving the array costs its length, so it waits until half of it is garbage.
  #reclaim(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#events.length) return
    this.#events = this.#events.slice(this.#head)
    this.#head = 0
  }
}
