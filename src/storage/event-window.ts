/** The recent events of a store, oldest first. Revisions may have holes: in etcd other keys than ours are written too. */
import type { StorageEvent } from './storage.js'

/** The oldest events are dropped when one of these is exceeded. */
export interface WindowBounds {
  maxEvents: number
  /** Of the values that count. */
  maxBytes: number
}

/** Of both values that an event brings along. */
const weightOfBoth = ({ current, previous }: StorageEvent): number =>
  (current?.bytes.length ?? 0) + (previous?.bytes.length ?? 0)

/** Worked example: floor = 7 and events 8, 12. A watch after 7 gets both, one after 9 the second, one after 6 is refused. */
export class EventWindow {
  readonly #bounds: WindowBounds
  readonly #weightOf: (event: StorageEvent) => number
  #floor: number
  // What lies before the head is gone already: the array itself is moved later.
  #events: (StorageEvent | undefined)[] = []
  #head = 0
  #bytes = 0

  /** `weightOf`: bytes that are in memory for the sake of the event. */
  constructor(floor: number, bounds: WindowBounds, weightOf = weightOfBoth) {
    this.#floor = floor
    this.#bounds = bounds
    this.#weightOf = weightOf
  }

  /** Nothing after this revision is missing. */
  get floor(): number {
    return this.#floor
  }

  /** Its revision is not below that of the last one. */
  push(event: StorageEvent): void {
    this.#events.push(event)
    this.#bytes += this.#weightOf(event)
    const { maxEvents, maxBytes } = this.#bounds
    while (this.#events.length - this.#head > maxEvents || (this.#bytes > maxBytes && this.#head < this.#events.length))
      this.#dropOldest()
    this.#reclaim()
  }

  /** Forgets the events up to and including the revision. */
  trim(revision: number): void {
    while (this.#head < this.#events.length && this.#events[this.#head]!.revision <= revision) this.#dropOldest()
    this.#floor = Math.max(this.#floor, revision)
    this.#reclaim()
  }

  /** Events after the revision, oldest first; it is not below the floor. */
  after(revision: number): StorageEvent[] {
    return this.#events.slice(this.#firstAfter(revision)) as StorageEvent[]
  }

  /** What happened to the key at that revision, if it is still known. */
  find(revision: number, key: string): StorageEvent | undefined {
    for (let i = this.#firstAfter(revision - 1); this.#events[i]?.revision === revision; i++)
      if (this.#events[i]!.key === key) return this.#events[i]
    return undefined
  }

  #firstAfter(revision: number): number {
    let low = this.#head
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#events[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }

  #dropOldest(): void {
    const event = this.#events[this.#head]!
    this.#events[this.#head++] = undefined
    this.#bytes -= this.#weightOf(event)
    this.#floor = Math.max(this.#floor, event.revision)
  }

  // Moving the array costs its length, so it waits until half of it is garbage.
  #reclaim(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#events.length) return
    this.#events = this.#events.slice(this.#head)
    this.#head = 0
  }
}
