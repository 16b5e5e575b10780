/** A clock that only moves when told to, and random numbers that repeat: for tests and simulations. */
import type { Clock, Random, Timer } from './clock.js'

interface Waiting {
  due: number
  order: number
  callback: () => void
}

/** Both `now` and `monotonic` follow the same hand; it starts at the time given, milliseconds since the epoch. */
export class FakeClock implements Clock {
  private readonly waiting = new Set<Waiting>()
  private count = 0

  constructor(private time = Date.UTC(2025, 0, 1)) {}

  now = (): number => this.time
  monotonic = (): number => this.time

  after(ms: number, callback: () => void): Timer {
    const entry = { due: this.time + ms, order: this.count++, callback }
    this.waiting.add(entry)
    return { cancel: () => void this.waiting.delete(entry) }
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.waiting.size
  }

  /** Milliseconds until the next timer; undefined where there is none. */
  get untilNext(): number | undefined {
    const next = this.next()
    return next && Math.max(0, next.due - this.time)
  }

  /** Moves on, firing what becomes due in order; lets pending promises run after each. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms
    await settle()
    for (let next = this.next(); next && next.due <= end; next = this.next()) {
      this.time = Math.max(this.time, next.due)
      this.waiting.delete(next)
      next.callback()
      await settle()
    }
    this.time = end
  }

  private next(): Waiting | undefined {
    let first: Waiting | undefined
    for (const entry of this.waiting)
      if (!first || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) first = entry
    return first
  }
}

/** Lets everything run that waits for no timer: promises, and callbacks queued by them. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>(resolve => setImmediate(resolve))
}

/** A small generator (mulberry32) that gives the same numbers for the same seed. */
export class SeededRandom implements Random {
  constructor(private state = 1) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => Math.floor(this.next() * 256))
  }
}
