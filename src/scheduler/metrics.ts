/** The scheduler's metrics, in upstream's names. */
import { Counter, Gauge, Histogram, type MetricRegistry } from '../telemetry/metrics.js'
import type { ClusterCache } from './cache.js'
import type { SchedulingQueue } from './queue.js'

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error'

export interface SchedulerMetrics {
  /** One attempt from its beginning to its end, binding included; seconds. */
  attempted(profile: string, result: AttemptResult, seconds: number): void
  /** The decision alone, without binding; seconds. */
  decided(seconds: number): void
  /** A pod got its node after so many attempts, so many seconds after the first. */
  placed(attempts: number, seconds: number): void
  preemptionAttempted(): void
  preempted(victims: number): void
  enqueued(queue: string, event: string): void
}

const exponential = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start * factor ** i)

/** Gauges are read from queue and cache when they are scraped. */
export function newSchedulerMetrics(
  registry: MetricRegistry,
  { queue, cache }: { queue(): SchedulingQueue; cache: ClusterCache },
): SchedulerMetrics {
  const named = (name: string, help: string) => ({ name: `scheduler_${name}`, help, registers: [registry] })
  const attempts = new Counter({
    ...named(
      'schedule_attempts_total',
      "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
    ),
    labelNames: ['result', 'profile'],
  })
  const attemptDuration = new Histogram({
    ...named(
      'scheduling_attempt_duration_seconds',
      'Scheduling attempt latency in seconds (scheduling algorithm + binding)',
    ),
    labelNames: ['result', 'profile'],
    buckets: exponential(0.001, 2, 15),
  })
  const algorithmDuration = new Histogram({
    ...named('scheduling_algorithm_duration_seconds', 'Scheduling algorithm latency in seconds'),
    buckets: exponential(0.001, 2, 15),
  })
  const podAttempts = new Histogram({
    ...named('pod_scheduling_attempts', 'Number of attempts to successfully schedule a pod.'),
    buckets: exponential(1, 2, 5),
  })
  const sliDuration = new Histogram({
    ...named(
      'pod_scheduling_sli_duration_seconds',
      'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
    ),
    labelNames: ['attempts'],
    buckets: exponential(0.01, 2, 20),
  })
  const preemptions = new Counter(
    named('preemption_attempts_total', 'Total preemption attempts in the cluster till now'),
  )
  const victims = new Histogram({
    ...named('preemption_victims', 'Number of selected preemption victims'),
    buckets: exponential(1, 2, 7),
  })
  const incoming = new Counter({
    ...named('queue_incoming_pods_total', 'Number of pods added to scheduling queues by event and queue type.'),
    labelNames: ['queue', 'event'],
  })
  registerGauges(named, { queue, cache })
  return {
    attempted(profile, result, seconds) {
      attempts.inc({ result, profile })
      attemptDuration.observe({ result, profile }, seconds)
    },
    decided: seconds => algorithmDuration.observe(seconds),
    placed(count, seconds) {
      podAttempts.observe(count)
      sliDuration.observe({ attempts: count >= 15 ? '15+' : String(count) }, seconds)
    },
    preemptionAttempted: () => preemptions.inc(),
    preempted: count => victims.observe(count),
    enqueued: (name, event) => incoming.inc({ queue: name, event }),
  }
}

type Named = (name: string, help: string) => { name: string; help: string; registers: MetricRegistry[] }

function registerGauges(named: Named, { queue, cache }: { queue(): SchedulingQueue; cache: ClusterCache }): void {
  new Gauge({
    ...named('pending_pods', 'Number of pending pods, by the queue type.'),
    labelNames: ['queue'],
    collect() {
      for (const [name, size] of Object.entries(queue().sizes())) this.set({ queue: name }, size)
    },
  })
  new Gauge({
    ...named('unschedulable_pods', 'The number of unschedulable pods broken down by plugin name.'),
    labelNames: ['plugin', 'profile'],
    collect() {
      this.reset()
      for (const labels of queue().unschedulableByPlugin()) this.inc(labels)
    },
  })
  new Gauge({
    ...named('cache_size', 'Number of nodes, pods, and assumed (bound) pods in the scheduler cache.'),
    labelNames: ['type'],
    collect() {
      this.set({ type: 'nodes' }, cache.nodeList().length)
      this.set({ type: 'pods' }, cache.podCount)
      this.set({ type: 'assumed_pods' }, cache.assumedCount)
    },
  })
}
