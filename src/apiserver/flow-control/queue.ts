/** One of the queues of a priority level: who waits in it, and when its next request would begin in virtual time. */

interface QueuedRequest {
  /** Seat-seconds. */
  readonly work: number
  /** Virtual time of arrival. */
  readonly arrivalR: number
  readonly estimate: { initialSeats: number }
  readonly maxSeats: number
}

export class Queue<T extends QueuedRequest> {
  /** In order of arrival. */
  readonly waiting = new Set<T>()
  readonly executing = new Set<T>()
  seatsInUse = 0
  /** Virtual time at which the next request is dispatched, seat-seconds. */
  nextDispatchR = 0
  /** Of all that wait, seat-seconds. */
  waitingWork = 0

  get isActive(): boolean {
    return this.waiting.size > 0 || this.executing.size > 0
  }

  get oldest(): T | undefined {
    return this.waiting.values().next().value
  }

  enqueue(request: T): void {
    this.waiting.add(request)
    this.waitingWork += request.work
  }

  /** False when it does not wait here. */
  remove(request: T): boolean {
    if (!this.waiting.delete(request)) return false
    this.waitingWork = this.waiting.size ? this.waitingWork - request.work : 0
    return true
  }

  /** A queue that could not use its share must not save it up: dispatch does not precede arrival. */
  boundNextDispatch(): void {
    const arrivalR = this.oldest?.arrivalR
    if (arrivalR !== undefined && this.nextDispatchR < arrivalR) this.nextDispatchR = arrivalR
  }
}
