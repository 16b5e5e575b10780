/** The metrics of whole priority levels: their limits, and how much of them is in use. */
import { histogramValues, type MetricValue, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { FlowConfiguration } from './configuration.js'
import type { PriorityLevel } from './priority-level.js'
import type { RatioHistogram } from './ratio-histogram.js'

const prefix = 'apiserver_flowcontrol_'

const numbers: readonly (readonly [name: string, help: string, of: (level: PriorityLevel) => number])[] = [
  [
    'nominal_limit_seats',
    '[BETA] Nominal number of execution seats configured for each priority level',
    level => level.nominal,
  ],
  [
    'lower_limit_seats',
    '[ALPHA] Configured lower bound on number of execution seats available to each priority level',
    level => level.min,
  ],
  [
    'upper_limit_seats',
    '[ALPHA] Configured upper bound on number of execution seats available to each priority level',
    level => level.max,
  ],
  [
    'current_limit_seats',
    '[ALPHA] current derived number of execution seats available to each priority level',
    level => level.current,
  ],
  ['current_r', '[ALPHA] R(time of last change)', level => level.queueSet.currentR],
  ['target_seats', '[ALPHA] Seat allocation targets', level => level.target],
  ['demand_seats_smoothed', '[ALPHA] Smoothed seat demands', level => level.demand.smoothed],
  [
    'demand_seats_average',
    '[ALPHA] Time-weighted average, over last adjustment period, of demand_seats',
    level => level.demand.average,
  ],
  [
    'demand_seats_stdev',
    '[ALPHA] Time-weighted standard deviation, over last adjustment period, of demand_seats',
    level => level.demand.deviation,
  ],
  [
    'demand_seats_high_watermark',
    '[ALPHA] High watermark, over last adjustment period, of demand_seats',
    level => level.demand.highWatermark,
  ],
]

type Phased = readonly (readonly [labels: Record<string, string>, histogram: RatioHistogram])[]

const ratios: readonly (readonly [name: string, help: string, of: (level: PriorityLevel) => Phased])[] = [
  [
    'priority_level_request_utilization',
    'EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)',
    ({ gauges }) => [
      [{ phase: 'executing' }, gauges.executingRequests],
      [{ phase: 'waiting' }, gauges.waitingRequests],
    ],
  ],
  [
    'priority_level_seat_utilization',
    'EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of utilization of seats for any stage of execution (but only initial stage for WATCHes)',
    ({ gauges }) => [[{ phase: 'executing' }, gauges.executingSeats]],
  ],
  [
    'demand_seats',
    'EXPERIMENTAL: [ALPHA] Observations, at the end of every nanosecond, of (the number of seats each priority level could use) / (nominal number of seats for that level)',
    ({ gauges }) => [[{}, gauges.demandRatio]],
  ],
]

export function registerLevelMetrics(
  registry: MetricRegistry,
  { configuration, now }: { configuration: FlowConfiguration; now(): number },
): void {
  const each = (of: (level: PriorityLevel) => MetricValue[]) => () => [...configuration.levels.values()].flatMap(of)
  for (const [name, help, of] of numbers)
    registerComputed(registry, {
      name: prefix + name,
      help,
      type: 'gauge',
      values: each(level => [{ labels: { priority_level: level.name }, value: of(level) }]),
    })
  for (const [suffix, help, of] of ratios) {
    const name = prefix + suffix
    registerComputed(registry, {
      name,
      help,
      type: 'histogram',
      values: each(level =>
        of(level).flatMap(([labels, histogram]) =>
          histogramValues(name, { priority_level: level.name, ...labels }, histogram.counts(now())),
        ),
      ),
    })
  }
  registerComputed(registry, {
    name: `${prefix}seat_fair_frac`,
    help: "[ALPHA] Fair fraction of server's concurrency to allocate to each priority level that can use it",
    type: 'gauge',
    values: () => [{ labels: {}, value: configuration.fairFraction }],
  })
}
