/** A histogram of a ratio that is observed at the end of every nanosecond, as upstream has them: what counts is how long it was so. */
import { BucketCounts } from '../../telemetry/bucket-counts.js'

const nanoseconds = 1e9

export class RatioHistogram {
  readonly #counts: BucketCounts
  #numerator = 0
  #ratio = 0

  /** Times are in seconds. */
  constructor(
    bounds: readonly number[],
    private lastTime: number,
    private denominator = 1,
  ) {
    this.#counts = new BucketCounts(bounds)
  }

  add(now: number, delta: number): void {
    this.set(now, this.#numerator + delta)
  }

  set(now: number, numerator: number): void {
    this.#advance(now)
    this.#numerator = numerator
    this.#ratio = numerator / this.denominator
  }

  /** Above 0. */
  setDenominator(now: number, denominator: number): void {
    this.#advance(now)
    this.denominator = denominator
    this.#ratio = this.#numerator / denominator
  }

  counts(now: number): BucketCounts {
    this.#advance(now)
    return this.#counts
  }

  #advance(now: number): void {
    const weight = Math.round((now - this.lastTime) * nanoseconds)
    this.lastTime = now
    if (weight > 0) this.#counts.observe(this.#ratio, weight)
  }
}
