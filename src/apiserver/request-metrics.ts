/** Upstream's metrics of requests. Counted by hand, for a request must not pay for the hashing of labels. */
import type { MetricRegistry } from '../telemetry/metrics.js'
import type { RequestInfo } from './request-info.js'

const durationBounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

interface Labels {
  verb: string
  group: string
  version: string
  resource: string
  subresource: string
  scope: string
  component: string
  dry_run: string
}

interface Series {
  labels: Labels
  /** Answers by status code. */
  codes: Map<number, number>
  buckets: number[]
  sum: number
  count: number
}

const verbNames: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
  post: 'POST',
  put: 'PUT',
  proxy: 'CONNECT',
}
const streams = new Set(['exec', 'attach', 'portforward', 'proxy'])

const verbOf = ({ verb, subresource }: RequestInfo) =>
  streams.has(subresource) ? 'CONNECT' : (verbNames[verb] ?? 'OTHER')

function scopeOf({ isResource, name, namespace, resource, verb }: RequestInfo): string {
  if (!isResource) return ''
  if (name || verb === 'create') return 'resource'
  return namespace && resource !== 'namespaces' ? 'namespace' : 'cluster'
}

export interface RequestMetrics {
  /** `seconds` from the first byte read to the answer. */
  observe(info: RequestInfo, code: number, seconds: number): void
  /** A request that the server ended by itself: by 429 or 504. */
  terminated(info: RequestInfo, code: number): void
  /** Counts a watch or stream until the returned function is called. */
  longRunning(info: RequestInfo): () => void
  /** What counts the events sent to a watcher. */
  watchEvents(info: RequestInfo): (count: number) => void
}

interface Value {
  labels: Record<string, string | number>
  value: number
  metricName?: string
}

interface Described {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  values(): Value[]
}

// prom-client's registry asks a metric for nothing but this.
function register(registry: MetricRegistry, { name, help, type, values }: Described): void {
  const get = async () => ({ name, help, type, values: values(), aggregator: 'sum' })
  registry.registerMetric({ name, help, type, get, reset: () => {} } as never)
}

function requestCounts(series: Iterable<Series>): Value[] {
  return [...series].flatMap(({ labels, codes }) =>
    [...codes].map(([code, value]) => ({ labels: { ...labels, code: String(code) }, value })),
  )
}

function durations(name: string, series: Iterable<Series>): Value[] {
  const values: Value[] = []
  for (const { labels, buckets, sum, count } of series) {
    let below = 0
    durationBounds.forEach((le, i) => {
      below += buckets[i]!
      values.push({ labels: { ...labels, le }, value: below, metricName: `${name}_bucket` })
    })
    values.push({ labels: { ...labels, le: '+Inf' }, value: count, metricName: `${name}_bucket` })
    values.push({ labels: { ...labels }, value: sum, metricName: `${name}_sum` })
    values.push({ labels: { ...labels }, value: count, metricName: `${name}_count` })
  }
  return values
}

export function newRequestMetrics(registry: MetricRegistry): RequestMetrics {
  const series = new Map<string, Series>()
  const running = new Map<string, { labels: Labels; count: number }>()
  const events = new Map<string, { group: string; version: string; resource: string; count: number }>()

  const labelsOf = (info: RequestInfo): Labels => ({
    verb: verbOf(info),
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.isResource ? info.subresource : info.path,
    scope: scopeOf(info),
    component: 'apiserver',
    dry_run: '',
  })
  const keyOf = (info: RequestInfo) =>
    `${info.verb} ${info.group} ${info.version} ${info.resource} ${info.isResource ? info.subresource : info.path} ${scopeOf(info)}`

  const durationName = 'apiserver_request_duration_seconds'
  register(registry, {
    name: 'apiserver_request_total',
    help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    type: 'counter',
    values: () => requestCounts(series.values()),
  })
  register(registry, {
    name: durationName,
    help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    type: 'histogram',
    values: () => durations(durationName, series.values()),
  })
  register(registry, {
    name: 'apiserver_longrunning_requests',
    help: 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    type: 'gauge',
    values: () =>
      [...running.values()].map(({ labels: { dry_run: _, ...labels }, count }) => ({ labels, value: count })),
  })
  register(registry, {
    name: 'apiserver_watch_events_total',
    help: 'Number of events sent in watch clients',
    type: 'counter',
    values: () => [...events.values()].map(({ count, ...labels }) => ({ labels, value: count })),
  })

  return {
    observe(info, code, seconds) {
      const key = keyOf(info)
      let found = series.get(key)
      if (!found) {
        found = { labels: labelsOf(info), codes: new Map(), buckets: durationBounds.map(() => 0), sum: 0, count: 0 }
        series.set(key, found)
      }
      found.codes.set(code, (found.codes.get(code) ?? 0) + 1)
      const bucket = durationBounds.findIndex(bound => seconds <= bound)
      if (bucket >= 0) found.buckets[bucket]!++
      found.sum += seconds
      found.count++
    },
    terminated() {},
    longRunning(info) {
      const key = keyOf(info)
      const found = running.get(key) ?? { labels: labelsOf(info), count: 0 }
      running.set(key, found)
      found.count++
      return () => {
        found.count--
      }
    },
    watchEvents({ group, version, resource }) {
      const key = `${group}/${version}/${resource}`
      const found = events.get(key) ?? { group, version, resource, count: 0 }
      events.set(key, found)
      return count => {
        found.count += count
      }
    },
  }
}
