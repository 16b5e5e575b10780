/** What is counted of requests that the metrics call by the same labels. */
import { BucketCounts } from '../../telemetry/bucket-counts.js'
import type { RequestLabels } from './request-labels.js'

/** Upstream's buckets. */
const durationBounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
export const sliBounds = durationBounds.slice(2)
const sizeBounds = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

export class RequestSeries {
  /** Answers by status code. */
  readonly codes = new Map<number, number>()
  readonly durations = new BucketCounts(durationBounds)
  readonly sli = new BucketCounts(sliBounds)
  /** Of answers to reads. */
  readonly sizes = new BucketCounts(sizeBounds)

  constructor(
    readonly labels: RequestLabels,
    readonly dryRun: string,
  ) {}

  observe(code: number, seconds: number, waited: number): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    this.durations.observe(seconds)
    this.sli.observe(seconds - waited)
  }
}
