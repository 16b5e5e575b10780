/** How long admission takes, plugin by plugin and step by step. */
import { BucketCounts } from '../../telemetry/bucket-counts.js'
import { histogramValues, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { AdmissionObserver, ObserveSeconds } from '../admission/admission.js'

const bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5]

interface Series {
  labels: Record<string, string>
  counts: BucketCounts
}

export function newAdmissionObserver(registry: MetricRegistry): AdmissionObserver {
  const plugins = new Map<string, Series>()
  const steps = new Map<string, Series>()
  const register = (name: string, help: string, table: ReadonlyMap<string, Series>) =>
    registerComputed(registry, {
      name,
      help,
      type: 'histogram',
      values: () => [...table.values()].flatMap(({ labels, counts }) => histogramValues(name, labels, counts)),
    })
  register(
    'apiserver_admission_controller_admission_duration_seconds',
    '[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    plugins,
  )
  register(
    'apiserver_admission_step_admission_duration_seconds',
    '[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).',
    steps,
  )
  const observeIn = (table: Map<string, Series>, labels: Record<string, string>): ObserveSeconds => {
    const key = Object.values(labels).join(' ')
    const series = table.get(key) ?? { labels, counts: new BucketCounts(bounds) }
    table.set(key, series)
    return seconds => series.counts.observe(seconds)
  }
  return {
    plugin: (name, { type, operation, rejected }) =>
      observeIn(plugins, { name, operation, rejected: String(rejected), type }),
    step: ({ type, operation, rejected }) => observeIn(steps, { operation, rejected: String(rejected), type }),
  }
}
