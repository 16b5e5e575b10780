/** The real clock and real chance; everything below the composition root gets them handed in. */
import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '../machinery/clock.js'

/** Milliseconds from which on a timer leaves nothing behind when it is cancelled; costs a microsecond. */
const longTimer = 60_000

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return {
      cancel() {
        // Node keeps the empty list of a duration until that has passed, but for timers that keep the process alive.
        if (ms >= longTimer) timer.ref()
        clearTimeout(timer)
      },
    }
  },
}

const poolBytes = 4096
let pool = Buffer.alloc(0)
let used = 0

/** What is asked for most are 16 bytes, and a call for these alone costs ten times as much. No byte is given out twice. */
function pooledBytes(size: number): Uint8Array {
  if (size > poolBytes / 8) return randomBytes(size)
  if (used + size > pool.length) {
    pool = randomBytes(poolBytes)
    used = 0
  }
  used += size
  return pool.subarray(used - size, used)
}

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: pooledBytes,
}
