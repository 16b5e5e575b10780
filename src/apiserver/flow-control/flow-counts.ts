/** What is counted of each flow schema at each priority level; the metrics read it. */
import { BucketCounts } from '../../telemetry/bucket-counts.js'

/** Upstream's buckets of seconds. */
const secondBounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const queueLengthBounds = [0, 10, 25, 50, 100, 250, 500, 1000]
const watchCountBounds = [0, 1, 10, 100, 1000, 10_000]
const seatBounds = [1, 2, 4, 8, 16, 32, 64, 100]

export type RejectReason = 'concurrency-limit' | 'queue-full' | 'time-out'

export class FlowCounts {
  dispatched = 0
  inQueue = 0
  seatsInQueue = 0
  executing = 0
  executingSeats = 0
  noAccommodation = 0
  readonly rejected = new Map<RejectReason, number>()
  /** Waiting, of those that were served and of those that were not. */
  readonly waited = new BucketCounts(secondBounds)
  readonly waitedInVain = new BucketCounts(secondBounds)
  readonly executed = { regular: new BucketCounts(secondBounds), watch: new BucketCounts(secondBounds) }
  readonly queueLength = new BucketCounts(queueLengthBounds)
  readonly seats = new BucketCounts(seatBounds)
  readonly watches = new BucketCounts(watchCountBounds)

  constructor(
    readonly schema: string,
    readonly level: string,
  ) {}

  reject(reason: RejectReason): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1)
  }
}

/** One for each pair, for as long as the server runs. */
export class FlowCountsTable {
  readonly #table = new Map<string, FlowCounts>()

  of(schema: string, level: string): FlowCounts {
    const key = `${schema}\0${level}`
    let counts = this.#table.get(key)
    if (!counts) this.#table.set(key, (counts = new FlowCounts(schema, level)))
    return counts
  }

  all(): Iterable<FlowCounts> {
    return this.#table.values()
  }
}
