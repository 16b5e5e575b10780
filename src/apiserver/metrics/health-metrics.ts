/** Results of the health checks, as `/metrics/slis` shows them. */
import { registerComputed } from '../../telemetry/computed-metric.js'
import { type MetricRegistry, newMetricRegistry } from '../../telemetry/metrics.js'
import type { HealthObserver } from '../health.js'

interface Checked {
  labels: { name: string; type: string }
  healthy: boolean
  success: number
  error: number
}

export interface HealthMetrics {
  observe: HealthObserver
  /** Of these metrics alone. */
  registry: MetricRegistry
}

export function newHealthMetrics(): HealthMetrics {
  const checks = new Map<string, Checked>()
  const registry = newMetricRegistry()
  registerComputed(registry, {
    name: 'kubernetes_healthcheck',
    help: '[STABLE] This metric records the result of a single healthcheck.',
    type: 'gauge',
    values: () => [...checks.values()].map(({ labels, healthy }) => ({ labels, value: Number(healthy) })),
  })
  registerComputed(registry, {
    name: 'kubernetes_healthchecks_total',
    help: '[STABLE] This metric records the results of all healthcheck.',
    type: 'counter',
    values: () =>
      [...checks.values()].flatMap(({ labels: { name, type }, ...counts }) =>
        (['success', 'error'] as const)
          .filter(status => counts[status] > 0)
          .map(status => ({ labels: { name, status, type }, value: counts[status] })),
      ),
  })
  return {
    registry,
    observe(name, endpoint, healthy) {
      const key = `${endpoint}/${name}`
      const checked = checks.get(key) ?? { labels: { name, type: endpoint }, healthy, success: 0, error: 0 }
      checks.set(key, checked)
      checked.healthy = healthy
      checked[healthy ? 'success' : 'error']++
    },
  }
}
