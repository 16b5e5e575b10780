/** Who waits until the watch has come as far as some revision. */
import type { Clock, Timer } from '../../machinery/clock.js'

/** The watch did not come so far in time. */
export class RevisionLate extends Error {
  constructor(wanted: number, reached: number) {
    super(`etcd is at revision ${wanted}, its watch has come to ${reached} only`)
  }
}

export interface RevisionWaitsOptions {
  clock: Clock
  /** How far the watch is. */
  reached(): number
  /** Asks etcd to say how far the watch is: writes of others elsewhere make no events here. */
  ask(): void
}

/** Milliseconds: how often to ask while somebody waits, as upstream does, and how long anybody waits. */
const askEvery = 100
const patience = 5_000

interface Wait {
  revision: number
  resolve(): void
  reject(error: Error): void
  /** Of the clock that never goes back. */
  end: number
}

export class RevisionWaits {
  readonly #options: RevisionWaitsOptions
  readonly #waits = new Set<Wait>()
  #timer: Timer | undefined

  constructor(options: RevisionWaitsOptions) {
    this.#options = options
  }

  /** `asking`: the revision may have made no event. Throws RevisionLate. */
  until(revision: number, { asking }: { asking: boolean }): Promise<void> {
    const { clock, reached, ask } = this.#options
    if (reached() >= revision) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waits.add({ revision, resolve, reject, end: clock.monotonic() + patience })
      if (asking) ask()
      this.#timer ??= clock.after(askEvery, () => this.#tick())
    })
  }

  /** The watch has come further. */
  settle(): void {
    const reached = this.#options.reached()
    for (const wait of this.#waits) {
      if (wait.revision > reached) continue
      this.#waits.delete(wait)
      wait.resolve()
    }
    if (this.#waits.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #tick(): void {
    const { clock, reached, ask } = this.#options
    const now = clock.monotonic()
    for (const wait of this.#waits) {
      if (wait.end > now) continue
      this.#waits.delete(wait)
      wait.reject(new RevisionLate(wait.revision, reached()))
    }
    this.#timer = undefined
    if (this.#waits.size === 0) return
    ask()
    this.#timer = clock.after(askEvery, () => this.#tick())
  }
}
