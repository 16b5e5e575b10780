/** Upstream's apiserver_flowcontrol_* metrics, put together from what is counted anyway. */
import type { BucketCounts } from '../../telemetry/bucket-counts.js'
import { histogramValues, type MetricValue, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { ConcurrencyMarks, Phase, RequestKind } from './concurrency-marks.js'
import type { FlowConfiguration } from './configuration.js'
import type { FlowCounts, FlowCountsTable } from './flow-counts.js'
import { registerLevelMetrics } from './level-metrics.js'

export interface FlowMetricsSources {
  configuration: FlowConfiguration
  counts: FlowCountsTable
  marks: ConcurrencyMarks
  /** Seconds. */
  now(): number
}

const prefix = 'apiserver_flowcontrol_'
const labelsOf = ({ schema, level }: FlowCounts) => ({ flow_schema: schema, priority_level: level })

/** One number of each flow schema. */
const flowNumbers: readonly (readonly [name: string, type: 'counter' | 'gauge', help: string, keyof FlowCounts])[] = [
  [
    'dispatched_requests_total',
    'counter',
    '[BETA] Number of requests executed by API Priority and Fairness subsystem',
    'dispatched',
  ],
  [
    'current_inqueue_requests',
    'gauge',
    '[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem',
    'inQueue',
  ],
  [
    'current_inqueue_seats',
    'gauge',
    '[ALPHA] Number of seats currently pending in queues of the API Priority and Fairness subsystem',
    'seatsInQueue',
  ],
  [
    'current_executing_requests',
    'gauge',
    '[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem',
    'executing',
  ],
  [
    'current_executing_seats',
    'gauge',
    '[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
    'executingSeats',
  ],
  [
    'request_dispatch_no_accommodation_total',
    'counter',
    '[ALPHA] Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats',
    'noAccommodation',
  ],
]

type Parts = readonly (readonly [labels: Record<string, string>, counts: BucketCounts])[]

/** One histogram of each flow schema. */
const flowHistograms: readonly (readonly [name: string, help: string, parts: (counts: FlowCounts) => Parts])[] = [
  [
    'request_wait_duration_seconds',
    '[BETA] Length of time a request spent waiting in its queue',
    ({ waited, waitedInVain }) => [
      [{ execute: 'true' }, waited],
      [{ execute: 'false' }, waitedInVain],
    ],
  ],
  [
    'request_execution_seconds',
    '[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem',
    ({ executed }) => [
      [{ type: 'regular' }, executed.regular],
      [{ type: 'watch' }, executed.watch],
    ],
  ],
  [
    'request_queue_length_after_enqueue',
    '[ALPHA] Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued',
    ({ queueLength }) => [[{}, queueLength]],
  ],
  [
    'work_estimated_seats',
    '[ALPHA] Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness',
    ({ seats }) => [[{}, seats]],
  ],
  [
    'watch_count_samples',
    '[ALPHA] count of watchers for mutating requests in API Priority and Fairness',
    ({ watches }) => [[{}, watches]],
  ],
]

const kinds: readonly (readonly [RequestKind, string])[] = [
  ['mutating', 'mutating'],
  ['readOnly', 'readOnly'],
]
const phases: readonly Phase[] = ['executing', 'waiting']

function registerMarks(registry: MetricRegistry, { marks: { marks }, now }: FlowMetricsSources): void {
  const highest = (phase: Phase) => (): MetricValue[] =>
    kinds.map(([kind, label]) => ({ labels: { request_kind: label }, value: marks[phase][kind].highest(now()) }))
  registerComputed(registry, {
    name: 'apiserver_current_inflight_requests',
    help: '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    type: 'gauge',
    values: highest('executing'),
  })
  registerComputed(registry, {
    name: 'apiserver_current_inqueue_requests',
    help: '[ALPHA] Maximal number of queued requests in this apiserver per request kind in last second.',
    type: 'gauge',
    values: highest('waiting'),
  })
  const name = `${prefix}read_vs_write_current_requests`
  registerComputed(registry, {
    name,
    help: 'EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution',
    type: 'histogram',
    values: () =>
      phases.flatMap(phase =>
        kinds.flatMap(([kind, label]) =>
          histogramValues(name, { phase, request_kind: label }, marks[phase][kind].ratio.counts(now())),
        ),
      ),
  })
}

export function registerFlowMetrics(registry: MetricRegistry, sources: FlowMetricsSources): void {
  const { counts } = sources
  for (const [name, type, help, field] of flowNumbers)
    registerComputed(registry, {
      name: prefix + name,
      help,
      type,
      values: () => [...counts.all()].map(one => ({ labels: labelsOf(one), value: one[field] as number })),
    })
  for (const [suffix, help, parts] of flowHistograms) {
    const name = prefix + suffix
    registerComputed(registry, {
      name,
      help,
      type: 'histogram',
      values: () =>
        [...counts.all()].flatMap(one =>
          parts(one)
            .filter(([, buckets]) => buckets.count > 0)
            .flatMap(([labels, buckets]) => histogramValues(name, { ...labelsOf(one), ...labels }, buckets)),
        ),
    })
  }
  registerComputed(registry, {
    name: `${prefix}rejected_requests_total`,
    help: '[BETA] Number of requests rejected by API Priority and Fairness subsystem',
    type: 'counter',
    values: () =>
      [...counts.all()].flatMap(one =>
        [...one.rejected].map(([reason, value]) => ({ labels: { ...labelsOf(one), reason }, value })),
      ),
  })
  registerMarks(registry, sources)
  registerLevelMetrics(registry, sources)
}
