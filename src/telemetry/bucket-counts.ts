/** A histogram's numbers without its labels: what an observation must touch, and no more. */

export class BucketCounts {
  readonly #counts: Float64Array
  sum = 0
  count = 0

  /** `bounds` ascend. */
  constructor(readonly bounds: readonly number[]) {
    this.#counts = new Float64Array(bounds.length)
  }

  /** `weight`: how often the value was seen. */
  observe(value: number, weight = 1): void {
    const { bounds } = this
    let i = 0
    while (i < bounds.length && value > bounds[i]!) i++
    if (i < bounds.length) this.#counts[i]! += weight
    this.sum += value * weight
    this.count += weight
  }

  /** How many values were at most each bound. */
  cumulative(): number[] {
    let below = 0
    return Array.from(this.#counts, count => (below += count))
  }
}
