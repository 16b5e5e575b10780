/** The workqueue_* metrics of client-go, one series a queue name. */
import { Counter, Gauge, Histogram, type MetricRegistry } from '../telemetry/metrics.js'

/** What a queue tells about itself; times in milliseconds. */
export interface QueueMetrics {
  added(): void
  depth(items: number): void
  waited(ms: number): void
  worked(ms: number): void
  retried(): void
}

/** Seconds that items in work have been there, asked for at scrape time: their sum and the longest. */
export type UnfinishedWork = () => { total: number; longest: number }

const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]

/** Hands out the metrics of each queue; create one a registry. */
export class WorkqueueMetrics {
  private readonly unfinished = new Map<string, UnfinishedWork>()
  private readonly depth: Gauge<'name'>
  private readonly adds: Counter<'name'>
  private readonly latency: Histogram<'name'>
  private readonly duration: Histogram<'name'>
  private readonly retries: Counter<'name'>

  constructor(registry: MetricRegistry) {
    const { unfinished } = this
    const named = <N extends string>(name: N, help: string) => ({
      name: `workqueue_${name}`,
      help,
      labelNames: ['name'] as const,
      registers: [registry],
    })
    const collected = (pick: 'total' | 'longest') =>
      function (this: Gauge<'name'>) {
        for (const [name, ask] of unfinished) this.set({ name }, ask()[pick])
      }
    this.depth = new Gauge(named('depth', 'Current depth of workqueue'))
    this.adds = new Counter(named('adds_total', 'Total number of adds handled by workqueue'))
    this.retries = new Counter(named('retries_total', 'Total number of retries handled by workqueue'))
    this.latency = new Histogram({
      ...named('queue_duration_seconds', 'How long in seconds an item stays in workqueue before being requested.'),
      buckets,
    })
    this.duration = new Histogram({
      ...named('work_duration_seconds', 'How long in seconds processing an item from workqueue takes.'),
      buckets,
    })
    new Gauge({
      ...named(
        'unfinished_work_seconds',
        "How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
      ),
      collect: collected('total'),
    })
    new Gauge({
      ...named(
        'longest_running_processor_seconds',
        'How many seconds has the longest running processor for workqueue been running.',
      ),
      collect: collected('longest'),
    })
  }

  /** Series appear at zero at once, so that rates start right. */
  queue(name: string, unfinished: UnfinishedWork): QueueMetrics {
    this.unfinished.set(name, unfinished)
    const depth = this.depth.labels({ name })
    const adds = this.adds.labels({ name })
    const retries = this.retries.labels({ name })
    const latency = this.latency.labels({ name })
    const duration = this.duration.labels({ name })
    depth.set(0)
    adds.inc(0)
    retries.inc(0)
    return {
      added: () => adds.inc(),
      depth: items => depth.set(items),
      waited: ms => latency.observe(ms / 1000),
      worked: ms => duration.observe(ms / 1000),
      retried: () => retries.inc(),
    }
  }
}
