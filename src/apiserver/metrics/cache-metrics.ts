/** Metrics of what is stored and of the watch caches, read from the registry when they are asked for. */
import type { AnyKind } from '../../machinery/kind.js'
import type { RestStats } from '../../registry/rest.js'
import { type MetricValue, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { RestDirectory } from '../deps.js'

type Pick = (stats: RestStats) => number

/** Of each resource whose cache follows the store. */
const cacheNumbers: readonly (readonly [name: string, type: 'counter' | 'gauge', help: string, pick: Pick])[] = [
  [
    'apiserver_watch_cache_events_received_total',
    'counter',
    '[ALPHA] Counter of events received in watch cache broken by resource type.',
    stats => stats.events,
  ],
  [
    'apiserver_watch_cache_events_dispatched_total',
    'counter',
    '[ALPHA] Counter of events dispatched in watch cache broken by resource type.',
    stats => stats.events,
  ],
  [
    'apiserver_storage_events_received_total',
    'counter',
    '[ALPHA] Number of etcd events received split by kind.',
    stats => stats.events,
  ],
  [
    'apiserver_watch_cache_initializations_total',
    'counter',
    '[ALPHA] Counter of watch cache initializations broken by resource type.',
    () => 1,
  ],
  [
    'apiserver_watch_cache_resource_version',
    'gauge',
    '[ALPHA] Current resource version of watch cache broken by resource type.',
    stats => stats.revision,
  ],
  [
    'watch_cache_capacity',
    'gauge',
    '[ALPHA] Total capacity of watch cache broken by resource type.',
    stats => stats.window,
  ],
  [
    'apiserver_resource_size_estimate_bytes',
    'gauge',
    '[ALPHA] Estimated size of stored objects in database. Estimate is based on sum of last observed sizes of serialized objects. In case of a fetching error, the value will be -1.',
    stats => stats.bytes,
  ],
]

/** Lists are answered from the cache; `index` is upstream's label for the one that was used. */
const listNumbers: readonly (readonly [name: string, help: string, indexed: boolean, pick: Pick])[] = [
  ['apiserver_cache_list_total', '[ALPHA] Number of LIST requests served from watch cache', true, ({ lists }) => lists],
  [
    'apiserver_cache_list_returned_objects_total',
    '[ALPHA] Number of objects returned for a LIST request from watch cache',
    false,
    ({ listed }) => listed,
  ],
]

interface Followed {
  labels: { group: string; resource: string }
  stats: RestStats
}

function* followed(rests: RestDirectory): Generator<Followed> {
  for (const { group, version, names } of rests.kinds()) {
    const stats = rests.find(group, version, names.plural)?.stats?.()
    if (stats) yield { labels: { group, resource: names.plural }, stats }
  }
}

/** Counts a resource that nobody has listed yet without keeping it in memory. */
async function countOf(rests: RestDirectory, { group, version, names }: AnyKind): Promise<number> {
  const rest = rests.find(group, version, names.plural)
  const known = rest?.stats?.()
  if (known) return known.objects
  const list = await rest?.list(undefined, { limit: 1 })
  return (list?.items.length ?? 0) + (list?.remainingItemCount ?? 0)
}

function registerObjectCounts(registry: MetricRegistry, rests: RestDirectory): void {
  const counted = async (labelsOf: (kind: AnyKind) => Record<string, string>): Promise<MetricValue[]> => {
    const kinds = rests.kinds().filter(kind => kind.verbs.includes('list'))
    return Promise.all(kinds.map(async kind => ({ labels: labelsOf(kind), value: await countOf(rests, kind) })))
  }
  registerComputed(registry, {
    name: 'apiserver_resource_objects',
    help: '[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    type: 'gauge',
    values: () => counted(({ group, names }) => ({ group, resource: names.plural })),
  })
  registerComputed(registry, {
    name: 'apiserver_storage_objects',
    help: '[STABLE] [DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    type: 'gauge',
    values: () => counted(({ qualifiedResource }) => ({ resource: qualifiedResource })),
  })
}

export function registerCacheMetrics(registry: MetricRegistry, rests: RestDirectory): void {
  for (const [name, type, help, pick] of cacheNumbers)
    registerComputed(registry, {
      name,
      help,
      type,
      values: () => [...followed(rests)].map(({ labels, stats }) => ({ labels, value: pick(stats) })),
    })
  for (const [name, help, indexed, pick] of listNumbers)
    registerComputed(registry, {
      name,
      help,
      type: 'counter',
      values: () =>
        [...followed(rests)]
          .filter(({ stats }) => stats.lists > 0)
          .map(({ labels: { group, resource }, stats }) => {
            const labels: Record<string, string> = indexed ? { group, index: '', resource } : { group, resource }
            return { labels, value: pick(stats) }
          }),
    })
  registerObjectCounts(registry, rests)
}
