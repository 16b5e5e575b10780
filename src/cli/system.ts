/** The real clock and real chance; everything below the composition root gets them handed in. */
import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '../machinery/clock.js'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: size => randomBytes(size),
}
