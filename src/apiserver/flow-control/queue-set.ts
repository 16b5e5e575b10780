/**
 * The queues of one priority level: fair queuing for server requests, as upstream's queueset.
 *
 * Virtual time R advances by the seats that each active queue has at its disposal. A queue notes at which R its next request would
 * begin; whoever would end first is dispatched first. So a flow that asks for much waits in its own queues, and others pass it by.
 */
import type { Clock } from '../../machinery/clock.js'
import type { RequestInfo } from '../request-info.js'
import type { Flow } from './flow.js'
import { estimatedServiceSeconds, FlowRequest, type WorkEstimate } from './flow-request.js'
import type { LevelGauges } from './level-gauges.js'
import { Queue } from './queue.js'

export interface QueuingConfig {
  /** 0: what exceeds the limit is refused. -1: there is no limit. */
  queues: number
  queueLengthLimit: number
  handSize: number
}

export class QueueSet {
  readonly queues: Queue<FlowRequest>[] = []
  /** Those that run without having been in a queue. */
  readonly queueless = new Set<FlowRequest>()
  config: QueuingConfig = { queues: 0, queueLengthLimit: 1, handSize: 1 }
  waiting = 0
  executing = 0
  seatsInUse = 0
  seatsWaiting = 0
  dispatched = 0
  rejected = 0
  timedOut = 0
  cancelled = 0
  /** Virtual time, seat-seconds for each queue. */
  currentR = 0
  #limit = 0
  #lastTime: number
  #active = 0
  #robin = 0
  /** Where the last request was put. */
  #picked = 0
  #enqueued = 0

  constructor(
    private readonly clock: Clock,
    readonly gauges: LevelGauges,
  ) {
    this.#lastTime = this.now()
  }

  get limit(): number {
    return this.#limit
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing === 0
  }

  /** Seconds. */
  now(): number {
    return this.clock.monotonic() / 1000
  }

  /** `denominator`: what ratios are taken of. */
  configure(config: QueuingConfig, { limit, denominator }: { limit: number; denominator: number }): void {
    const now = this.#sync()
    for (let i = this.queues.length; i < config.queues; i++) this.queues.push(new Queue<FlowRequest>())
    this.config = config
    this.#limit = limit
    const { waitingRequests, executingRequests, executingSeats } = this.gauges
    waitingRequests.setDenominator(now, Math.max(1, config.queueLengthLimit) * Math.max(1, config.queues))
    executingRequests.setDenominator(now, denominator)
    executingSeats.setDenominator(now, denominator)
    this.#dispatchAll(now)
  }

  /** Undefined: refused. The request runs when it has a `startTime`; else it waits for `onDispatch`. */
  start(flow: Flow, info: RequestInfo, estimate: WorkEstimate): FlowRequest | undefined {
    const now = this.#sync()
    const request = new FlowRequest(flow, info, estimate, now, this.currentR)
    if (this.config.queues < 1) {
      if (this.#fits(request.maxSeats)) {
        this.queueless.add(request)
        this.#execute(request, now)
        return request
      }
      this.rejected++
      flow.counts.reject('concurrency-limit')
      return undefined
    }
    const queue = this.#pickQueue(flow.hand)
    if (this.seatsInUse >= this.#limit && queue.waiting.size >= this.config.queueLengthLimit) {
      this.rejected++
      flow.counts.reject('queue-full')
      return undefined
    }
    this.#enqueue(request, queue, now)
    this.#dispatchAll(now)
    return request
  }

  isRunning(request: FlowRequest): boolean {
    return !request.queue?.waiting.has(request)
  }

  /** To be called when a request that ran has been answered. Returns the time, seconds. */
  finish(request: FlowRequest): number {
    const now = this.#sync()
    const { queue, estimate, flow } = request
    this.executing--
    flow.counts.executing--
    this.gauges.executingRequests.add(now, -1)
    if (queue) {
      queue.executing.delete(request)
      if (!queue.isActive) this.#active--
      // What it took more or less than was guessed moves its queue back or forth.
      queue.nextDispatchR -= estimate.initialSeats * (estimatedServiceSeconds - (now - request.startTime))
      queue.boundNextDispatch()
    } else this.queueless.delete(request)
    if (estimate.additionalLatency > 0)
      this.clock.after(estimate.additionalLatency * 1000, () => this.#release(request, this.#sync()))
    else this.#release(request, now)
    return now
  }

  /** Takes out a request that has waited too long, or whose client has gone. */
  cancel(request: FlowRequest): void {
    const now = this.#sync()
    const { queue, flow } = request
    if (!queue?.remove(request)) return
    this.#leaveQueue(request, now)
    if (!queue.isActive) this.#active--
    queue.boundNextDispatch()
    this.rejected++
    this.cancelled++
    flow.counts.reject('time-out')
    this.gauges.setDemand(now, this.seatsInUse + this.seatsWaiting)
  }

  /** Virtual time follows real time by the seats that are wanted and there, shared by the queues that have requests. */
  #sync(): number {
    const now = this.now()
    if (this.#active > 0) {
      const seats = Math.min(this.seatsInUse + this.seatsWaiting, this.#limit)
      this.currentR += (seats / this.#active) * (now - this.#lastTime)
    }
    this.#lastTime = now
    return now
  }

  /** The one with the least work waiting; among equals another is first each time. */
  #pickQueue(hand: readonly number[]): Queue<FlowRequest> {
    const offset = this.#enqueued++ % hand.length
    this.#picked = hand[offset]!
    let best = this.queues[this.#picked]!
    if (this.waiting === 0) return best
    for (let i = 1; i < hand.length; i++) {
      const index = hand[(offset + i) % hand.length]!
      const queue = this.queues[index]!
      if (queue.waitingWork >= best.waitingWork) continue
      best = queue
      this.#picked = index
    }
    return best
  }

  #enqueue(request: FlowRequest, queue: Queue<FlowRequest>, now: number): void {
    const { counts } = request.flow
    if (!queue.isActive) {
      queue.nextDispatchR = this.currentR
      this.#active++
    }
    request.queue = queue
    queue.enqueue(request)
    queue.boundNextDispatch()
    this.waiting++
    this.seatsWaiting += request.maxSeats
    counts.inQueue++
    counts.seatsInQueue += request.maxSeats
    counts.queueLength.observe(queue.waiting.size)
    this.gauges.waitingRequests.add(now, 1)
    this.gauges.setDemand(now, this.seatsInUse + this.seatsWaiting)
  }

  #leaveQueue({ maxSeats, flow }: FlowRequest, now: number): void {
    this.waiting--
    this.seatsWaiting -= maxSeats
    flow.counts.inQueue--
    flow.counts.seatsInQueue -= maxSeats
    this.gauges.waitingRequests.add(now, -1)
  }

  #fits(seats: number): boolean {
    if (this.config.queues < 0) return true
    // More than there ever is: it runs alone.
    if (seats > this.#limit) return this.executing === 0
    return this.seatsInUse + seats <= this.#limit
  }

  #dispatchAll(now: number): void {
    while (this.waiting > 0 && this.seatsInUse < this.#limit && this.#dispatchOne(now)) {}
  }

  /** False when the one whose turn it is has no room. */
  #dispatchOne(now: number): boolean {
    const index = this.#nextQueue()
    const queue = this.queues[index]
    const request = queue?.oldest
    if (!queue || !request) return false
    if (!this.#fits(request.maxSeats)) {
      request.flow.counts.noAccommodation++
      return false
    }
    queue.remove(request)
    this.#robin = index
    this.#leaveQueue(request, now)
    this.#boundFinalSeats(request)
    queue.executing.add(request)
    queue.seatsInUse += request.maxSeats
    this.#execute(request, now)
    queue.nextDispatchR += request.work
    queue.boundNextDispatch()
    request.onDispatch()
    return true
  }

  /** Round robin; the first of those whose oldest request would end first. -1 when nobody waits. */
  #nextQueue(): number {
    const { length } = this.queues
    // Nobody else waits.
    if (this.queues[this.#picked]?.waiting.size === this.waiting) return this.#picked
    let best = -1
    let bestFinish = Number.POSITIVE_INFINITY
    for (let i = 1; i <= length; i++) {
      const index = (this.#robin + i) % length
      const queue = this.queues[index]!
      const { oldest } = queue
      if (!oldest) continue
      const finish = queue.nextDispatchR + oldest.work
      if (finish >= bestFinish) continue
      best = index
      bestFinish = finish
    }
    return best
  }

  /** No more final seats than there are, but for longer. */
  #boundFinalSeats({ estimate }: FlowRequest): void {
    if (estimate.finalSeats <= this.#limit || this.#limit < 1) return
    estimate.additionalLatency *= estimate.finalSeats / this.#limit
    estimate.finalSeats = this.#limit
  }

  #execute(request: FlowRequest, now: number): void {
    const { flow, maxSeats } = request
    request.startTime = now
    this.executing++
    this.dispatched++
    this.seatsInUse += maxSeats
    flow.counts.executing++
    flow.counts.executingSeats += maxSeats
    flow.counts.dispatched++
    this.gauges.executingRequests.add(now, 1)
    this.gauges.executingSeats.add(now, maxSeats)
    this.gauges.setDemand(now, this.seatsInUse + this.seatsWaiting)
  }

  #release(request: FlowRequest, now: number): void {
    const { queue, flow, maxSeats } = request
    this.seatsInUse -= maxSeats
    flow.counts.executingSeats -= maxSeats
    this.gauges.executingSeats.add(now, -maxSeats)
    this.gauges.setDemand(now, this.seatsInUse + this.seatsWaiting)
    if (queue) {
      queue.seatsInUse -= maxSeats
      this.#dropExcess(queue)
    }
    this.#dispatchAll(now)
  }

  /** Queues beyond the wanted number go when they are empty. */
  #dropExcess(queue: Queue<FlowRequest>): void {
    if (this.queues.length <= this.config.queues || queue.isActive) return
    const index = this.queues.indexOf(queue)
    if (index < 0) return
    this.queues.splice(index, 1)
    if (this.#robin >= index) this.#robin--
  }
}
