/** Upstream's metrics of requests. Counted by hand, for a request must not pay for the hashing of labels. */
import type { AnyKind } from '../../machinery/kind.js'
import { BucketCounts } from '../../telemetry/bucket-counts.js'
import { histogramValues, type MetricValue, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import { SweepingMap } from '../../telemetry/sweeping-map.js'
import type { Exchange } from '../http/exchange.js'
import type { RequestInfo } from '../request-info.js'
import { dryRunOf, type IsHealthCheck, labelsOf, type RequestLabels, scopeOf, verbOf } from './request-labels.js'
import { RequestSeries, sliBounds } from './request-series.js'
import { type CountEvents, newWatchEventCounts } from './watch-event-counts.js'

export interface Answered {
  /** From the first byte read to the answer. */
  seconds: number
  /** Of these, waiting for a seat. */
  waited: number
}

export interface RequestMetrics {
  observe(exchange: Exchange, answered: Answered): void
  /** A request that the server ended by itself: by 429 or 504. */
  terminated(info: RequestInfo, code: number): void
  /** Counts a watch or stream until the returned function is called. */
  longRunning(info: RequestInfo): () => void
  watchEvents(info: RequestInfo): CountEvents
}

interface Counted {
  /** Of the first request that was counted. */
  info: RequestInfo
  labels: Readonly<Record<string, string>>
  count: number
}

/** A series and the first request that was counted in it. */
interface Known {
  info: RequestInfo
  verb: string
  scope: string
  series: RequestSeries
}

/** Compares the parts one by one: a key put together of them would be made and hashed for each request. */
const isOf = (
  known: Known,
  info: RequestInfo,
  { verb, dryRun, scope }: { verb: string; dryRun: string; scope: string },
): boolean =>
  known.verb === verb &&
  known.scope === scope &&
  known.series.dryRun === dryRun &&
  known.info.isResource === info.isResource &&
  known.info.subresource === info.subresource &&
  known.info.group === info.group &&
  known.info.version === info.version

const durationHelp =
  'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.'
const sliHelp =
  '[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.'
const terminationHelp = '[ALPHA] Number of requests which apiserver terminated in self-defense.'

const withDryRun = ({ labels: { component, ...rest }, dryRun }: RequestSeries) => ({
  component,
  dry_run: dryRun,
  ...rest,
})

const requestCounts = (series: readonly RequestSeries[]): MetricValue[] =>
  series.flatMap(one =>
    [...one.codes].map(([code, value]) => ({ labels: { code: String(code), ...withDryRun(one) }, value })),
  )

function registerSeries(registry: MetricRegistry, series: () => readonly RequestSeries[]): void {
  registerComputed(registry, {
    name: 'apiserver_request_total',
    help: '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    type: 'counter',
    values: () => requestCounts(series()),
  })
  const histogram = (name: string, help: string, of: (one: RequestSeries) => [Record<string, string>, BucketCounts]) =>
    registerComputed(registry, {
      name,
      help,
      type: 'histogram',
      values: () =>
        series().flatMap(one => {
          const [labels, counts] = of(one)
          return counts.count ? histogramValues(name, labels, counts) : []
        }),
    })
  const duration = 'apiserver_request_duration_seconds'
  histogram(duration, `[STABLE] ${durationHelp}`, one => [withDryRun(one), one.durations])
  histogram('apiserver_request_sli_duration_seconds', sliHelp, one => [one.labels, one.sli])
  histogram(
    'apiserver_response_sizes',
    '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
    one => [one.labels, one.sizes],
  )
}

const registerCounted = (
  registry: MetricRegistry,
  counted: ReadonlyMap<string, Counted>,
  about: { name: string; help: string; type: 'counter' | 'gauge' },
) =>
  registerComputed(registry, {
    ...about,
    values: () => [...counted.values()].map(({ labels, count }) => ({ labels, value: count })),
  })

/** Latency by how strictly fields are validated: measured for requests that say so. */
function newFieldValidationDurations(registry: MetricRegistry): (value: string, seconds: number) => void {
  const known = ['', 'Ignore', 'Strict', 'Warn', 'invalid']
  const byValue = new Map(known.map(value => [value, new BucketCounts(sliBounds)]))
  const name = 'field_validation_request_duration_seconds'
  registerComputed(registry, {
    name,
    help: '[ALPHA] Response latency distribution in seconds for each field validation value',
    type: 'histogram',
    values: () =>
      [...byValue].flatMap(([value, counts]) =>
        counts.count ? histogramValues(name, { field_validation: value }, counts) : [],
      ),
  })
  return (value, seconds) => (byValue.get(value) ?? byValue.get('invalid')!).observe(seconds)
}

/** APIs that should no longer be asked for, once they were. */
function newDeprecatedApis(registry: MetricRegistry): (info: RequestInfo) => void {
  const asked = new Map<string, Record<string, string>>()
  registerComputed(registry, {
    name: 'apiserver_requested_deprecated_apis',
    help: '[STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
    type: 'gauge',
    values: () => [...asked.values()].map(labels => ({ labels, value: 1 })),
  })
  return ({ group, resource, subresource, version }) => {
    const labels = { group, removed_release: '', resource, subresource, version }
    asked.set(Object.values(labels).join('\0'), labels)
  }
}

/** Requests for what is not served are not measured, for their names are made up. */
export interface ServedRequests {
  /** Of the resource or subresource; undefined: neither is served. */
  kindOf(info: RequestInfo): AnyKind | undefined
  isHealthCheck: IsHealthCheck
}

export function newRequestMetrics(registry: MetricRegistry, { kindOf, isHealthCheck }: ServedRequests): RequestMetrics {
  // Custom resources come and go under ever new names.
  const isServed = (info: RequestInfo) => !info.isResource || kindOf(info) !== undefined
  const keepServed = (known: Known[]) => {
    const served = known.filter(({ info }) => isServed(info))
    return served.length === known.length ? known : served.length ? served : undefined
  }
  const keepCounted = (counted: Counted) => (isServed(counted.info) ? counted : undefined)
  const byResource = new SweepingMap<string, Known[]>(keepServed)
  const running = new SweepingMap<string, Counted>(counted => (counted.count ? counted : keepCounted(counted)))
  const terminations = new SweepingMap<string, Counted>(keepCounted)
  registerSeries(registry, () => [...byResource.values()].flat().map(({ series }) => series))
  registerCounted(registry, running, {
    name: 'apiserver_longrunning_requests',
    help: '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    type: 'gauge',
  })
  registerCounted(registry, terminations, {
    name: 'apiserver_request_terminations_total',
    help: terminationHelp,
    type: 'counter',
  })
  const observeFieldValidation = newFieldValidationDurations(registry)
  const noteDeprecated = newDeprecatedApis(registry)

  const measurableLabels = (info: RequestInfo, verb: string): RequestLabels | undefined =>
    info.isResource && !kindOf(info) ? undefined : labelsOf(info, verb, isHealthCheck)

  const seriesOf = (exchange: Exchange): RequestSeries | undefined => {
    const { info, request } = exchange
    const verb = verbOf(info, request.headers['content-type'])
    const dryRun = exchange.query ? dryRunOf(exchange) : ''
    const scope = scopeOf(info)
    const what = info.isResource ? info.resource : info.path
    const found = byResource.get(what)?.find(known => isOf(known, info, { verb, dryRun, scope }))
    if (found) return found.series
    const labels = measurableLabels(info, verb)
    if (!labels) return undefined
    if (info.isResource && kindOf(info)?.deprecationWarning) noteDeprecated(info)
    const created = new RequestSeries(labels, dryRun)
    byResource.set(what, [...(byResource.get(what) ?? []), { info, verb, scope, series: created }])
    return created
  }

  const countOf = (table: Map<string, Counted>, { info, labels }: Omit<Counted, 'count'>): Counted => {
    const key = Object.values(labels).join('\0')
    const found = table.get(key)
    if (found) return found
    const created = { info, labels, count: 0 }
    table.set(key, created)
    return created
  }

  return {
    observe(exchange, { seconds, waited }) {
      const { info, query, response } = exchange
      const one = seriesOf(exchange)
      if (!one) return
      one.observe(response.statusCode, seconds, waited)
      if (exchange.bodyBytes !== undefined && (info.verb === 'get' || info.verb === 'list'))
        one.sizes.observe(exchange.bodyBytes)
      const validation = query?.get('fieldValidation')
      if (validation) observeFieldValidation(validation, seconds)
    },
    terminated(info, code) {
      const labels = measurableLabels(info, verbOf(info, undefined))
      if (labels) countOf(terminations, { info, labels: { code: String(code), ...labels } }).count++
    },
    longRunning(info) {
      const labels = measurableLabels(info, verbOf(info, undefined))
      if (!labels) return () => {}
      const found = countOf(running, { info, labels })
      found.count++
      return () => {
        found.count--
      }
    },
    watchEvents: newWatchEventCounts(registry, isServed),
  }
}
