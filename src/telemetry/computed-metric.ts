/** Metrics whose values are put together when they are read: what is counted by hand costs its labels only then. */
import type { BucketCounts } from './bucket-counts.js'
import type { MetricRegistry } from './metrics.js'

type LabelValues = Readonly<Record<string, string>>

export interface MetricValue {
  labels: LabelValues
  value: number
  /** Differs from the metric's own for the parts of a histogram. */
  metricName?: string
}

export interface ComputedMetric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  values(): MetricValue[] | Promise<MetricValue[]>
}

// prom-client's registry asks a metric for nothing but this.
export function registerComputed(registry: MetricRegistry, { name, help, type, values }: ComputedMetric): void {
  const get = async () => ({ name, help, type, values: await values(), aggregator: 'sum' })
  registry.registerMetric({ name, help, type, get, reset: () => {} } as never)
}

/** A bound as Go prints it: `1e+06` for a million. */
export function formatBound(bound: number): string {
  const exponent = bound === 0 ? 0 : Math.floor(Math.log10(Math.abs(bound)) + 1e-9)
  if (exponent >= -4 && exponent < 6) return String(bound)
  const [mantissa, power = ''] = bound.toExponential().split('e')
  const sign = power[0]
  return `${mantissa}e${sign}${power.slice(1).padStart(2, '0')}`
}

/** One series of a histogram. */
export function histogramValues(name: string, labels: LabelValues, counts: BucketCounts): MetricValue[] {
  const below = counts.cumulative()
  return [
    ...counts.bounds.map((bound, i) => ({
      labels: { ...labels, le: formatBound(bound) },
      value: below[i]!,
      metricName: `${name}_bucket`,
    })),
    { labels: { ...labels, le: '+Inf' }, value: counts.count, metricName: `${name}_bucket` },
    { labels, value: counts.sum, metricName: `${name}_sum` },
    { labels, value: counts.count, metricName: `${name}_count` },
  ]
}
