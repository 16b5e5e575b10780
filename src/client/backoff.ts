/** Exponential back-off with jitter, as client-go's reflector uses between attempts. */
import type { Clock, Random } from '../machinery/clock.js'

export interface BackoffOptions {
  initialMs: number
  maxMs: number
  factor: number
  /** A delay is stretched by up to this fraction of itself. */
  jitter: number
  /** Back to the initial delay when none was asked for that long. */
  resetAfterMs: number
}

/** client-go: 800 ms doubling to 30 s, reset after two minutes, jitter 1. */
export const reflectorBackoff: BackoffOptions = {
  initialMs: 800,
  maxMs: 30_000,
  factor: 2,
  jitter: 1,
  resetAfterMs: 120_000,
}

export interface Backoff {
  /** Milliseconds to wait before the next attempt; each call grows the one after. */
  next(): number
}

export function newBackoff(options: BackoffOptions, deps: { clock: Clock; random: Random }): Backoff {
  let delay = options.initialMs
  let last = Number.NEGATIVE_INFINITY
  return {
    next() {
      const now = deps.clock.monotonic()
      if (now - last > options.resetAfterMs) delay = options.initialMs
      last = now
      const current = delay
      delay = Math.min(delay * options.factor, options.maxMs)
      return current * (1 + deps.random.next() * options.jitter)
    },
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const finish = () => {
      timer.cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.after(ms, finish)
    signal.addEventListener('abort', finish, { once: true })
  })
}
