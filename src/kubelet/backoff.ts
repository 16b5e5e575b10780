/** Growing delays by key, as client-go's flowcontrol.Backoff keeps them: 10 s doubling to 5 min, forgotten after 10 min. */
import type { Clock } from '../machinery/clock.js'

interface Entry {
  delayMs: number
  updatedAt: number
}

export interface BackoffOptions {
  initialMs: number
  maxMs: number
}

/** Upstream's for container restarts and image pulls. */
export const kubeletBackoff: BackoffOptions = { initialMs: 10_000, maxMs: 300_000 }

export class KeyedBackoff {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock
  readonly #options: BackoffOptions

  constructor(clock: Clock, options: BackoffOptions = kubeletBackoff) {
    this.#clock = clock
    this.#options = options
  }

  /** The delay now in force for the key, in milliseconds. */
  delay(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  /** Milliseconds still to wait, counted from `since` (milliseconds since the epoch); 0 when there is nothing to wait for. */
  remaining(key: string, since: number): number {
    const entry = this.#entries.get(key)
    if (!entry || this.#isForgotten(entry, since)) return 0
    return Math.max(0, since + entry.delayMs - this.#clock.now())
  }

  /** As `remaining`, counted from the last call of `next`. */
  remainingSinceUpdate(key: string): number {
    const entry = this.#entries.get(key)
    if (!entry || this.#isForgotten(entry, this.#clock.now())) return 0
    return Math.max(0, entry.updatedAt + entry.delayMs - this.#clock.now())
  }

  /** Doubles the delay; begins anew when the last failure is long past at `since`. */
  next(key: string, since: number): void {
    const { initialMs, maxMs } = this.#options
    const entry = this.#entries.get(key)
    const fresh = !entry || this.#isForgotten(entry, since)
    const delayMs = fresh ? initialMs : Math.min(entry.delayMs * 2, maxMs)
    this.#entries.set(key, { delayMs, updatedAt: this.#clock.now() })
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  #isForgotten({ updatedAt }: Entry, at: number): boolean {
    return at - updatedAt > 2 * this.#options.maxMs
  }
}
