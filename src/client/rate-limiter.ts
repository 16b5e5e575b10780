/** How long an item that failed waits before it is tried again. */

export interface RateLimiter {
  /** Milliseconds to wait; each call for an item doubles the next. */
  when(item: string): number
  /** The item succeeded: start over. */
  forget(item: string): void
  /** Failures since the last forget. */
  retries(item: string): number
}

/** client-go's per-item exponential limiter: `baseMs`, twice, four times, … up to `maxMs`. Defaults as upstream's controllers: 5 ms to 1000 s. */
export function newExponentialRateLimiter(baseMs = 5, maxMs = 1_000_000): RateLimiter {
  const failures = new Map<string, number>()
  return {
    when(item) {
      const count = failures.get(item) ?? 0
      failures.set(item, count + 1)
      return Math.min(baseMs * 2 ** count, maxMs)
    },
    forget: item => void failures.delete(item),
    retries: item => failures.get(item) ?? 0,
  }
}
