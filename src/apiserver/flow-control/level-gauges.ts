/** How busy a priority level is, over time: for the metrics, and for borrowing. */
import { Integrator } from './integrator.js'
import { RatioHistogram } from './ratio-histogram.js'

/** Upstream's buckets. */
const requestBounds = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1]
const seatBounds = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]
const demandBounds = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6]

export class LevelGauges {
  readonly waitingRequests: RatioHistogram
  readonly executingRequests: RatioHistogram
  readonly executingSeats: RatioHistogram
  readonly demandRatio: RatioHistogram
  readonly demand: Integrator

  /** `now` in seconds. */
  constructor(now: number) {
    this.waitingRequests = new RatioHistogram(requestBounds, now)
    this.executingRequests = new RatioHistogram(requestBounds, now)
    this.executingSeats = new RatioHistogram(seatBounds, now)
    this.demandRatio = new RatioHistogram(demandBounds, now)
    this.demand = new Integrator(now)
  }

  /** Seats in use, and seats that those who wait would use. */
  setDemand(now: number, seats: number): void {
    this.demand.set(now, seats)
    this.demandRatio.set(now, seats)
  }
}
