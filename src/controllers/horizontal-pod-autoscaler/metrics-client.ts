/** Reads the three metrics APIs: of resources, of objects in the cluster, of things outside of it. Values are in thousandths. */
import type { CrossVersionObjectReference } from '../../apis/generated/autoscaling-v2.js'
import type { LabelSelector } from '../../apis/generated/meta-v1.js'
import type { Client } from '../../client/client.js'
import type { ServedResource } from '../../client/in-process.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { quantityMilliValue } from '../../machinery/quantity.js'
import { formatLabelSelector } from '../../machinery/selector/index.js'

export interface PodMetric {
  value: number
  /** Milliseconds since the epoch: the end of what was measured. */
  at: number
  /** Milliseconds: how long that was. */
  window: number
}

/** By pod name. */
export type PodMetrics = Map<string, PodMetric>

/** A metric by its name, of those with such labels of their own. */
export interface MetricName {
  name: string
  selector?: LabelSelector
}

interface MeasuredPod extends KubernetesObject {
  timestamp: string
  /** `30s`. */
  window: string
  containers?: { name: string; usage: Record<string, string> }[]
}

interface MetricValueList extends KubernetesObject {
  items: {
    describedObject?: { name: string }
    timestamp: string
    value: string
    windowSeconds?: number
    /** Of v1beta1. */
    window?: number
  }[]
}

interface ExternalValue extends KubernetesObject {
  value: string
}

const measuredPods: KindRef<MeasuredPod> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  scope: 'Namespaced',
  names: { plural: 'pods', singular: 'pod' },
}
const kindOf = <T extends KubernetesObject>(group: string, version: string, plural: string): KindRef<T> => ({
  group,
  version,
  kind: plural,
  scope: 'Namespaced',
  names: { plural, singular: '' },
})

const milliseconds = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Go's form of a duration, such as `1m30s`. */
function durationOf(text: string): number {
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * milliseconds[unit as keyof typeof milliseconds]
  return sum
}

/** What the server of custom metrics takes a window to be when it names none. */
const defaultWindow = 60_000

function usageOf({ containers = [] }: MeasuredPod, resource: string, container: string): number | undefined {
  const counted = container ? containers.filter(({ name }) => name === container) : containers
  if (!counted.length || counted.some(({ usage }) => usage[resource] === undefined)) return undefined
  return counted.reduce((sum, { usage }) => sum + quantityMilliValue(usage[resource] ?? '0'), 0)
}

const unserved = 'the server could not find the requested resource'

/** As client-go tells of an API that is not there. */
const wrapped =
  (api: string, { group, names }: KindRef) =>
  (error: unknown) => {
    const { message } = error as Error
    const text = message === unserved ? `${message} (get ${names.plural}.${group})` : message
    throw new Error(`unable to fetch metrics from ${api} metrics API: ${text}`, { cause: error })
  }

export class MetricsClient {
  constructor(
    private readonly client: Client,
    /** Called for the group's version and the resource of an object. */
    private readonly served: () => Promise<readonly ServedResource[]>,
  ) {}

  /** Use of a resource by the pods that the selector matches, by one of their containers where it is named. */
  async ofResource(
    resource: string,
    about: { namespace: string; selector: string; container: string },
  ): Promise<PodMetrics> {
    const { namespace, selector, container } = about
    const { items } = await this.client
      .list(measuredPods, { namespace, labelSelector: selector })
      .catch(wrapped('resource', measuredPods))
    if (!items.length) throw new Error('no metrics returned from resource metrics API')
    const metrics: PodMetrics = new Map()
    for (const pod of items) {
      const value = usageOf(pod, resource, container)
      if (value === undefined) continue
      metrics.set(pod.metadata.name ?? '', { value, at: Date.parse(pod.timestamp), window: durationOf(pod.window) })
    }
    return metrics
  }

  /** A metric of each of the pods. */
  async ofPods(metric: MetricName, about: { namespace: string; selector: string }): Promise<PodMetrics> {
    const { namespace, selector } = about
    const { items } = await this.custom({ resource: 'pods', namespace, name: '*' }, metric, selector)
    if (!items.length) throw new Error('no metrics returned from custom metrics API')
    return new Map(
      items.map(({ describedObject, timestamp, value, windowSeconds, window }) => {
        const seconds = windowSeconds ?? window
        const length = seconds === undefined ? defaultWindow : seconds * 1000
        return [
          describedObject?.name ?? '',
          { value: quantityMilliValue(value), at: Date.parse(timestamp), window: length },
        ] as const
      }),
    )
  }

  /** A metric of one object. */
  async ofObject(
    metric: MetricName,
    namespace: string,
    { apiVersion, kind, name }: CrossVersionObjectReference,
  ): Promise<number> {
    const group = apiVersion?.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
    if (kind === 'Namespace' && !group) {
      const { items } = await this.custom(
        { resource: 'metrics', namespace, name: metric.name },
        { ...metric, name: '' },
      )
      return this.only(items)
    }
    const resource = (await this.served()).find(each => each.group === group && each.kind === kind)
    const matched = group ? `${kind}.${group}` : kind
    if (!resource)
      throw new Error(
        `unable to fetch metrics from custom metrics API: unable to map kind ${matched} to resource: no matches for kind "${kind}" in group "${group}"`,
      )
    const plural = group ? `${resource.names.plural}.${group}` : resource.names.plural
    return this.only((await this.custom({ resource: plural, namespace, name }, metric)).items)
  }

  /** All values of a metric from outside of the cluster. */
  async external({ name, selector }: MetricName, namespace: string): Promise<number[]> {
    const kind = kindOf<ExternalValue>('external.metrics.k8s.io', 'v1beta1', name)
    const labels = selector && { labelSelector: formatLabelSelector(selector) }
    const { items } = await this.client.list(kind, { namespace, ...labels }).catch(wrapped('external', kind))
    if (!items.length) throw new Error('no metrics returned from external metrics API')
    return items.map(({ value }) => quantityMilliValue(value))
  }

  private only(items: MetricValueList['items']): number {
    if (items.length === 1 && items[0]) return quantityMilliValue(items[0].value)
    throw new Error(
      `unable to fetch metrics from custom metrics API: the custom metrics API server returned ${items.length} results when we asked for exactly one`,
    )
  }

  private async custom(
    { resource, namespace, name }: { resource: string; namespace: string; name: string },
    metric: MetricName,
    labelSelector?: string,
  ): Promise<MetricValueList> {
    const group = 'custom.metrics.k8s.io'
    const versions = new Set((await this.served()).filter(each => each.group === group).map(({ version }) => version))
    const kind = kindOf<MetricValueList>(group, versions.has('v1beta2') ? 'v1beta2' : 'v1beta1', resource)
    const query = {
      ...(labelSelector && { labelSelector }),
      ...(metric.selector && { metricLabelSelector: formatLabelSelector(metric.selector) }),
    }
    const list = await this.client
      .get(kind, { namespace, name }, { query, ...(metric.name && { subresource: metric.name }) })
      .catch(wrapped('custom', kind))
    return { ...list, items: list.items ?? [] }
  }
}
