/** One watch: what is there first, if asked for, then changes, in order, none missing, none twice, pushed or pulled. */
import { setMaxListeners } from 'node:events'
import type { Clock, Timer } from '../machinery/clock.js'
import type { Entry } from './entry.js'
import type { CacheEvent } from './event.js'
import type { Selector } from './selection.js'

/** Takes events in order. Returning false pauses: nothing more comes until `resume`. */
export type EventListener = (batch: readonly CacheEvent[]) => unknown

/**
 * The consumer's end. Either `onEvents` (cheapest: one call for all that is due) or the iterator, not both.
 * It ends when stopped, at its timeout, after an ERROR event, or when its consumer is too slow: then it is cut off, never
 * given a gap, and the client resumes from the last revision it saw.
 */
export interface Watcher extends AsyncIterable<CacheEvent> {
  onEvents(listener: EventListener, onEnd: () => void): void
  /** After the listener returned false. */
  resume(): void
  stop(): void
}

/** Events a consumer may lag behind. They are shared, so a buffer holds references only. */
export const maxLag = 10_000

/** Initial objects go out in pieces of this size, so that a paused consumer does not make all their bytes at once. */
const initialBatch = 200

/** A last bookmark comes this long before the timeout: upstream's figure. */
const finalBookmarkLead = 2000

export interface WatcherOptions {
  selector: Selector
  clock: Clock
  /** What to begin with; then the events that follow from it. */
  initial: readonly Entry[]
  backlog: readonly CacheEvent[]
  bookmarks: boolean
  /** Milliseconds. */
  timeout?: number
  signal?: AbortSignal
  bookmark(): CacheEvent
  /** The cache forgets the watcher. */
  onStop(watcher: CacheWatcher): void
}

export class CacheWatcher implements Watcher {
  readonly selector: Selector
  readonly bookmarks: boolean
  readonly #options: WatcherOptions
  readonly #initial: readonly Entry[]
  /** Changes up to this revision are not told: the watch was asked to begin later. */
  #skipped = 0
  #initialSent = 0
  /** Before the watch began: does not count as lag. */
  #backlog: readonly CacheEvent[]
  #live: CacheEvent[] = []
  #listener: EventListener | undefined
  #onEnd: (() => void) | undefined
  #paused = false
  #ended = false
  readonly #timers: Timer[] = []
  readonly #onAbort = () => this.stop()

  constructor(options: WatcherOptions) {
    this.#options = options
    this.selector = options.selector
    this.bookmarks = options.bookmarks
    this.#initial = options.initial
    this.#backlog = options.backlog
    const { clock, timeout, signal } = options
    if (signal) {
      // One signal may end all watches of a component, which is no leak.
      setMaxListeners(0, signal)
      signal.addEventListener('abort', this.#onAbort)
    }
    if (timeout === undefined) return
    this.#timers.push(clock.after(timeout, () => this.stop()))
    if (this.bookmarks && timeout > finalBookmarkLead)
      this.#timers.push(clock.after(timeout - finalBookmarkLead, () => this.sendBookmark()))
  }

  onEvents(listener: EventListener, onEnd: () => void): void {
    this.#listener = listener
    this.#onEnd = onEnd
    this.flush()
    if (this.#ended) onEnd()
  }

  resume(): void {
    this.#paused = false
    this.flush()
  }

  /** What has not been handed over by now is dropped. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#backlog = []
    this.#live = []
    for (const timer of this.#timers) timer.cancel()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#options.onStop(this)
    this.#onEnd?.()
  }

  /** The watch was asked to begin at a revision to come. */
  skipUntil(revision: number): void {
    this.#skipped = revision
  }

  /** Queues what the change at that revision means to this watcher; true if it wants it. The cache flushes when the commit is through. */
  offer(event: CacheEvent, revision: number): boolean {
    if (this.#ended || revision <= this.#skipped) return false
    this.#queue(event)
    return true
  }

  sendBookmark(): void {
    this.#queue(this.#options.bookmark())
    this.flush()
  }

  /** Hands over what is due, unless the consumer has paused. */
  flush(): void {
    while (this.#listener && !this.#paused) {
      const batch = this.#nextBatch()
      if (!batch.length) return
      if (this.#listener(batch) === false) this.#paused = true
      if (batch.at(-1)?.type === 'ERROR') this.stop()
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<CacheEvent> {
    let batch: readonly CacheEvent[] = []
    let wake = () => {}
    const onEvents = (events: readonly CacheEvent[]) => {
      batch = events
      wake()
      return false
    }
    this.onEvents(onEvents, () => wake())
    try {
      for (;;) {
        for (const event of batch) yield event
        batch = []
        this.resume()
        if (batch.length) continue
        if (this.#ended) return
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    } finally {
      this.stop()
    }
  }

  #queue(event: CacheEvent): void {
    if (this.#ended) return
    this.#live.push(event)
    if (this.#live.length > maxLag) this.stop()
  }

  #nextBatch(): readonly CacheEvent[] {
    if (this.#initialSent < this.#initial.length) {
      const entries = this.#initial.slice(this.#initialSent, this.#initialSent + initialBatch)
      this.#initialSent += entries.length
      return entries.map(entry => entry.added)
    }
    const due = this.#backlog.length ? this.#backlog : this.#live
    if (this.#backlog.length) this.#backlog = []
    else this.#live = []
    return due
  }
}
