/** One request on its way through a priority level. */
import type { RequestInfo } from '../request-info.js'
import type { Flow } from './flow.js'
import type { Queue } from './queue.js'

/** What serving a request costs, in seats: places that so many requests may take at once. */
export interface WorkEstimate {
  initialSeats: number
  /** Taken for `additionalLatency` seconds after the answer, while watchers hear of the write. */
  finalSeats: number
  additionalLatency: number
}

/** Upstream's guess of how long serving takes, seconds. */
export const estimatedServiceSeconds = 0.003

export class FlowRequest {
  /** Seat-seconds. */
  readonly work: number
  startTime = 0
  queue: Queue<FlowRequest> | undefined

  /** Times are in seconds; `arrivalR` is the virtual time of arrival. */
  constructor(
    readonly flow: Flow,
    readonly info: RequestInfo,
    readonly estimate: WorkEstimate,
    readonly arrivalTime: number,
    readonly arrivalR: number,
  ) {
    const { initialSeats, finalSeats, additionalLatency } = estimate
    this.work = initialSeats * estimatedServiceSeconds + finalSeats * additionalLatency
  }

  get maxSeats(): number {
    return Math.max(this.estimate.initialSeats, this.estimate.finalSeats)
  }

  /** Told once, when a request that had to wait may go on. Replaced by who waits. */
  onDispatch(): void {}
}
