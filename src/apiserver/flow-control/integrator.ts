/** Watches one number over time: its average, deviation and extremes, each moment weighing the same. */

export interface IntegratorResults {
  /** Seconds that were looked at. */
  duration: number
  /** 0 where nothing was looked at. */
  average: number
  deviation: number
  max: number
}

export class Integrator {
  #value = 0
  #elapsed = 0
  #integral = 0
  #squares = 0
  #max = 0

  /** Times are in seconds. */
  constructor(private lastTime: number) {}

  set(now: number, value: number): void {
    this.#advance(now)
    this.#value = value
    if (value > this.#max) this.#max = value
  }

  /** What was seen since the last reset. */
  reset(now: number): IntegratorResults {
    this.#advance(now)
    const duration = this.#elapsed
    const average = duration > 0 ? this.#integral / duration : 0
    const variance = duration > 0 ? this.#squares / duration - average * average : 0
    const results = { duration, average, deviation: Math.sqrt(Math.max(0, variance)), max: this.#max }
    this.#elapsed = this.#integral = this.#squares = 0
    this.#max = this.#value
    return results
  }

  #advance(now: number): void {
    const dt = now - this.lastTime
    this.lastTime = now
    this.#elapsed += dt
    this.#integral += this.#value * dt
    this.#squares += this.#value * this.#value * dt
  }
}
