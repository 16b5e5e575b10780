/** Which APIServices are not available, and how often they ceased to be. */
import { registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { Availability } from '../api-service-availability.js'

export interface AvailabilityMetrics {
  /** What was found out about an APIService. */
  found(name: string, availability: Availability): void
  /** It is no longer available, and was so before. */
  lost(name: string, reason: string): void
  /** It is gone. */
  forget(name: string): void
}

export function newAvailabilityMetrics(metrics: MetricRegistry): AvailabilityMetrics {
  const unavailable = new Map<string, boolean>()
  const losses = new Map<string, { labels: { name: string; reason: string }; value: number }>()
  registerComputed(metrics, {
    name: 'aggregator_unavailable_apiservice',
    help: '[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.',
    type: 'gauge',
    values: () => [...unavailable].map(([name, is]) => ({ labels: { name }, value: Number(is) })),
  })
  registerComputed(metrics, {
    name: 'aggregator_unavailable_apiservice_total',
    help: '[ALPHA] Counter of APIServices which are marked as unavailable broken down by APIService name and reason.',
    type: 'counter',
    values: () => [...losses.values()],
  })
  return {
    found: (name, { status }) => void unavailable.set(name, status !== 'True'),
    lost(name, reason) {
      const key = `${name} ${reason}`
      const loss = losses.get(key) ?? { labels: { name, reason }, value: 0 }
      loss.value++
      losses.set(key, loss)
    },
    forget(name) {
      unavailable.delete(name)
      for (const [key, { labels }] of losses) if (labels.name === name) losses.delete(key)
    },
  }
}
