/** How long admission takes, plugin by plugin and step by step. */
import { BucketCounts } from '../../telemetry/bucket-counts.js'
import { histogramValues, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { AdmissionObserver } from '../admission/admission.js'

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
  const seriesOf = (table: Map<string, Series>, key: string, labels: () => Record<string, string>): Series => {
    let series = table.get(key)
    if (!series) table.set(key, (series = { labels: labels(), counts: new BucketCounts(bounds) }))
    return series
  }
  return {
    plugin(name, { type, operation, rejected }, seconds) {
      const labels = () => ({ name, operation, rejected: String(rejected), type })
      seriesOf(plugins, `${name} ${type} ${operation} ${rejected}`, labels).counts.observe(seconds)
    },
    step({ type, operation, rejected }, seconds) {
      const labels = () => ({ operation, rejected: String(rejected), type })
      seriesOf(steps, `${type} ${operation} ${rejected}`, labels).counts.observe(seconds)
    },
  }
}
