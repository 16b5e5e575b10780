/** Time and chance, injected everywhere so that tests and simulations own them. */

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  monotonic(): number
  /** Calls back once after `ms` milliseconds, unless cancelled. The timer does not keep the process alive. */
  after(ms: number, callback: () => void): Timer
}

/** Random numbers in [0, 1), and random bytes for identifiers. */
export interface Random {
  next(): number
  bytes(size: number): Uint8Array
}

let printed = { second: 0, text: '1970-01-01T00:00:00Z' }

/** RFC 3339 with seconds, as metav1.Time is printed. Much is stamped in one second, so the last text is kept. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== printed.second) printed = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` }
  return printed.text
}

/** RFC 3339 with microseconds, as metav1.MicroTime is printed. */
export const formatMicroTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000Z`
