/** Sends bookmarks to a resource's watchers about every minute: one timer for all, none while nobody wants them. */
import type { Clock, Random, Timer } from '../machinery/clock.js'
import type { CacheWatcher } from './watcher.js'

/** Upstream's figure, in milliseconds; jitter of a quarter either way keeps resources from ticking together. */
const interval = 60_000
const jitter = 0.5

export interface BookmarksOptions {
  clock: Clock
  random: Random
  watchers(): Iterable<CacheWatcher>
}

export class Bookmarks {
  readonly #options: BookmarksOptions
  #timer: Timer | undefined

  constructor(options: BookmarksOptions) {
    this.#options = options
  }

  /** Call when a watcher that wants bookmarks came. */
  schedule(): void {
    if (this.#timer) return
    const { clock, random } = this.#options
    this.#timer = clock.after(interval * (1 - jitter / 2 + random.next() * jitter), () => this.#tick())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #tick(): void {
    this.#timer = undefined
    const wanting = [...this.#options.watchers()].filter(watcher => watcher.bookmarks)
    for (const watcher of wanting) watcher.sendBookmark()
    if (wanting.length) this.schedule()
  }
}
