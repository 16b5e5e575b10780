/** A store that tells how often it was asked for what, and how long that took: upstream's etcd_request* metrics. */
import type { Clock } from '../machinery/clock.js'
import type { AnyKind } from '../machinery/kind.js'
import type { Storage } from '../storage/storage.js'
import { BucketCounts } from '../telemetry/bucket-counts.js'
import { histogramValues, registerComputed } from '../telemetry/computed-metric.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { keyPrefix } from './storage-keys.js'

const bounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

type Operation = 'get' | 'list' | 'create' | 'update' | 'delete'

interface Series {
  labels: { group: string; operation: Operation; resource: string }
  counts: BucketCounts
  errors: number
}

/** `/registry/pods/` of a key or of a prefix; those of other groups have a directory of their group. */
function prefixOf(key: string): string {
  const first = key.indexOf('/', 10)
  const segment = key.slice(10, first)
  return segment === 'services' || segment.includes('.')
    ? key.slice(0, key.indexOf('/', first + 1) + 1)
    : key.slice(0, first + 1)
}

export interface MeasureOptions {
  clock: Clock
  metrics: MetricRegistry
  /** Whose keys are told apart by their groups. */
  kinds: readonly AnyKind[]
}

/** Watching is not measured, as upstream does not. */
export function measureStorage(storage: Storage, { clock, metrics, kinds }: MeasureOptions): Storage {
  const series: Record<Operation, Map<string, Series>> = {
    get: new Map(),
    list: new Map(),
    create: new Map(),
    update: new Map(),
    delete: new Map(),
  }
  const resources = new Map(kinds.map(kind => [keyPrefix(kind), { group: kind.group, resource: kind.names.plural }]))
  register(metrics, () => Object.values(series).flatMap(ofOperation => [...ofOperation.values()]))

  const seriesOf = (operation: Operation, key: string): Series => {
    const prefix = prefixOf(key)
    let found = series[operation].get(prefix)
    if (!found) {
      const [group = '', resource = ''] = prefix.slice(10, -1).split('/').slice(-2)
      const { group: ofKind, resource: name } = resources.get(prefix) ?? {
        group: resource ? group : '',
        resource: resource || group,
      }
      found = { labels: { group: ofKind, operation, resource: name }, counts: new BucketCounts(bounds), errors: 0 }
      series[operation].set(prefix, found)
    }
    return found
  }

  const measured = async <T>(operation: Operation, key: string, work: Promise<T>): Promise<T> => {
    const started = clock.monotonic()
    const one = seriesOf(operation, key)
    try {
      return await work
    } catch (error) {
      one.errors++
      throw error
    } finally {
      one.counts.observe((clock.monotonic() - started) / 1000)
    }
  }

  return {
    revision: () => storage.revision(),
    compacted: () => storage.compacted(),
    get: key => measured('get', key, storage.get(key)),
    list: (prefix, options) => measured('list', prefix, storage.list(prefix, options)),
    put: (key, bytes, options) =>
      measured(options?.expect === 'absent' ? 'create' : 'update', key, storage.put(key, bytes, options)),
    delete: (key, options) => measured('delete', key, storage.delete(key, options)),
    watch: (prefix, from, signal) => storage.watch(prefix, from, signal),
    ...(storage.sync && { sync: () => storage.sync!() }),
    subscribe: (prefix, from, listener, onLost) => storage.subscribe(prefix, from, listener, onLost),
    compact: revision => storage.compact(revision),
    close: () => storage.close(),
  }
}

function register(metrics: MetricRegistry, series: () => Series[]): void {
  const name = 'etcd_request_duration_seconds'
  registerComputed(metrics, {
    name,
    help: '[ALPHA] Etcd request latency in seconds for each operation and object type.',
    type: 'histogram',
    values: () => series().flatMap(({ labels, counts }) => histogramValues(name, labels, counts)),
  })
  registerComputed(metrics, {
    name: 'etcd_requests_total',
    help: '[ALPHA] Etcd request counts for each operation and object type.',
    type: 'counter',
    values: () => series().map(({ labels, counts }) => ({ labels, value: counts.count })),
  })
  registerComputed(metrics, {
    name: 'etcd_request_errors_total',
    help: '[ALPHA] Etcd failed request counts for each operation and object type.',
    type: 'counter',
    values: () =>
      series()
        .filter(({ errors }) => errors > 0)
        .map(({ labels, errors }) => ({ labels, value: errors })),
  })
}
