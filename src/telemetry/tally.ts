/** Counts for a computed metric: how many there are of each set of labels. */
import type { MetricValue } from './computed-metric.js'

export class Tally {
  readonly #counts = new Map<string, MetricValue>()

  /** One more; the labels always in the same order. */
  add(labels: Record<string, string>): void {
    const key = JSON.stringify(labels)
    this.#counts.set(key, { labels, value: (this.#counts.get(key)?.value ?? 0) + 1 })
  }

  get values(): MetricValue[] {
    return [...this.#counts.values()]
  }
}
