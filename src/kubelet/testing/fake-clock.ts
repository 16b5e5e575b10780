/** A clock that tests move by hand. */
import type { Clock, Timer } from '../../machinery/clock.js'

interface Waiting {
  at: number
  callback(): void
}

export class FakeClock implements Clock {
  #now: number
  readonly #waiting = new Set<Waiting>()

  constructor(start = Date.parse('2026-01-02T03:04:05Z')) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): Timer {
    const entry: Waiting = { at: this.#now + ms, callback }
    this.#waiting.add(entry)
    return { cancel: () => void this.#waiting.delete(entry) }
  }

  /** Milliseconds until the next timer; undefined when none is set. */
  get nextIn(): number | undefined {
    const times = [...this.#waiting].map(({ at }) => at)
    return times.length > 0 ? Math.max(0, Math.min(...times) - this.#now) : undefined
  }

  /** Fires what is due on the way, in order, and lets each settle. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const due = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#waiting.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
      await settle()
    }
    this.#now = end
  }
}

/** Lets everything run that waits for nothing but its turn, disk included. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise(resolve => setImmediate(resolve))
}
