/** API priority and fairness: lets each request in when its priority level has a seat for it. */
import type { FlowSchema, PriorityLevelConfiguration } from '../../apis/generated/flowcontrol-v1.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { Exchange } from '../http/exchange.js'
import { isLongRunning, type RequestInfo } from '../request-info.js'
import { type Classification, Classifier } from './classifier.js'
import { ConcurrencyMarks, type RequestKind } from './concurrency-marks.js'
import { FlowConfiguration } from './configuration.js'
import { DroppedRequestsTracker } from './dropped-requests.js'
import { estimateWork, type ResourceStats, type WorkSources } from './estimate-work.js'
import { FlowCountsTable } from './flow-counts.js'
import { registerFlowMetrics } from './flow-metrics.js'
import type { FlowRequest } from './flow-request.js'
import { adjustmentSeconds } from './priority-level.js'
import { TooManyRequests } from './too-many-requests.js'
import { WatchCounts } from './watch-counts.js'

export interface FlowControlOptions {
  clock: Clock
  metrics: MetricRegistry
  /** Seats of the whole server. */
  serverSeats: number
  /** Milliseconds that a request may wait when its client does not say how long it has. */
  maxWait: number
  /** Undefined when nothing is known of the resource. */
  stats(info: RequestInfo): ResourceStats | undefined
}

/** Held by a request that is being served. */
export interface Seat {
  /** A watch has begun: from here on it costs nothing that counts. */
  begun(): void
  /** The request has been answered. May be called again. */
  leave(): void
}

const unlimited: Seat = { begun() {}, leave() {} }
const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
const kindOf = ({ verb }: RequestInfo): RequestKind => (readVerbs.has(verb) ? 'readOnly' : 'mutating')

export class FlowControl {
  readonly configuration: FlowConfiguration
  readonly #options: FlowControlOptions
  readonly #classifier: Classifier
  readonly #marks: ConcurrencyMarks
  readonly #dropped = new DroppedRequestsTracker()
  readonly #watches = new WatchCounts()
  readonly #sources: WorkSources
  #adjustment: Timer | undefined

  constructor(options: FlowControlOptions) {
    this.#options = options
    this.#sources = { stats: options.stats, watches: info => this.#watches.interested(info) }
    const counts = new FlowCountsTable()
    this.configuration = new FlowConfiguration(options.clock, options.serverSeats)
    this.#classifier = new Classifier(this.configuration, counts)
    this.#marks = new ConcurrencyMarks(this.#now())
    this.#setDenominators()
    registerFlowMetrics(options.metrics, {
      configuration: this.configuration,
      counts,
      marks: this.#marks,
      now: () => this.#now(),
    })
  }

  /** Takes other objects into force. Requests that wait go on waiting in the queues they are in. */
  configure(levels: readonly PriorityLevelConfiguration[], schemas: readonly FlowSchema[]): void {
    this.configuration.digest(levels, schemas)
    this.#classifier.forget()
    this.#setDenominators()
  }

  /** Ends what runs by the clock. */
  stop(): void {
    this.#adjustment?.cancel()
  }

  /** At once when there is room. Throws TooManyRequests. `wait`: milliseconds that this request may be kept waiting. */
  enter(exchange: Exchange, wait = this.#options.maxWait): Seat | Promise<Seat> {
    const { info, user, query, response } = exchange
    const isWatch = info.isResource && info.verb === 'watch'
    if (!isWatch && isLongRunning(info)) return unlimited
    const classification = this.#classifier.classify(info, user)
    const { schema, level, flow } = classification
    response.setHeader('X-Kubernetes-Pf-Flowschema-Uid', schema.metadata.uid ?? '')
    response.setHeader('X-Kubernetes-Pf-Prioritylevel-Uid', level.object.metadata.uid ?? '')
    const estimate = estimateWork(info, query, {
      sources: this.#sources,
      maxSeats: level.maxSeats,
      note: watches => flow.counts.watches.observe(watches),
    })
    flow.counts.seats.observe(Math.max(estimate.initialSeats, estimate.finalSeats))
    const request = level.queueSet.start(flow, info, estimate)
    if (!request) {
      if (!level.isExempt) flow.counts.waitedInVain.observe(0)
      throw this.#refusal(level.name)
    }
    if (!level.isExempt) this.#adjustSoon()
    if (level.queueSet.isRunning(request)) return this.#seat(exchange, classification, request)
    return this.#waitFor(exchange, { classification, request, wait })
  }

  #now(): number {
    return this.#options.clock.monotonic() / 1000
  }

  #refusal(level: string): TooManyRequests {
    return new TooManyRequests(this.#dropped.record(level, Math.floor(this.#options.clock.now() / 1000)))
  }

  #waitFor(
    exchange: Exchange,
    { classification, request, wait }: { classification: Classification; request: FlowRequest; wait: number },
  ): Promise<Seat> {
    const { level } = classification
    const { response, info } = exchange
    const mark = this.#marks.marks.waiting[kindOf(info)]
    mark.add(this.#now(), 1)
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        level.queueSet.cancel(request)
        end()
        classification.flow.counts.waitedInVain.observe(this.#now() - request.arrivalTime)
        reject(this.#refusal(level.name))
      }
      const end = () => {
        timer.cancel()
        response.off('close', giveUp)
        mark.add(this.#now(), -1)
      }
      const timer = this.#options.clock.after(wait, giveUp)
      response.on('close', giveUp)
      request.onDispatch = () => {
        end()
        resolve(this.#seat(exchange, classification, request))
      }
    })
  }

  #seat({ info, query }: Exchange, { level, flow }: Classification, request: FlowRequest): Seat {
    const isWatch = info.verb === 'watch'
    const mark = this.#marks.marks.executing[kindOf(info)]
    const { startTime } = request
    if (!level.isExempt) flow.counts.waited.observe(startTime - request.arrivalTime)
    mark.add(startTime, 1)
    const forget = isWatch ? this.#watches.register(info, query?.get('fieldSelector') ?? '') : undefined
    let held = true
    const begun = () => {
      if (!held) return
      held = false
      const now = level.queueSet.finish(request)
      mark.add(now, -1)
      flow.counts.executed[isWatch ? 'watch' : 'regular'].observe(now - startTime)
      if (level.quiescing && this.configuration.reap()) this.configuration.adjust()
    }
    if (!forget) return { begun() {}, leave: begun }
    let left = false
    const leave = () => {
      begun()
      if (!left) forget()
      left = true
    }
    return { begun, leave }
  }

  /** Levels borrow while there are requests; nobody is woken when there are none. */
  #adjustSoon(): void {
    this.#adjustment ??= this.#options.clock.after(adjustmentSeconds * 1000, () => {
      this.#adjustment = undefined
      this.configuration.adjust()
      const busy = [...this.configuration.levels.values()].some(
        ({ queueSet, isExempt }) => !isExempt && !queueSet.isIdle,
      )
      if (busy) this.#adjustSoon()
    })
  }

  #setDenominators(): void {
    let executing = 0
    let waiting = 0
    for (const { nominal, queueSet } of this.configuration.levels.values()) {
      executing += nominal
      const { queues, queueLengthLimit } = queueSet.config
      if (queues > 0) waiting += queues * queueLengthLimit
    }
    this.#marks.setDenominators(this.#now(), { executing, waiting })
  }
}
