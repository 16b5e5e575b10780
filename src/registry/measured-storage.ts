/** A store that tells how often it was asked for what, and how long that took: upstream's etcd_request* metrics. */
import type { Clock } from '../machinery/clock.js'
import type { AnyKind } from '../machinery/kind.js'
import type { Storage } from '../storage/storage.js'
import { BucketCounts } from '../telemetry/bucket-counts.js'
import { histogramValues, registerComputed } from '../telemetry/computed-metric.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { KeyResources, resourcePrefix } from './key-resources.js'

const bounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

type Operation = 'get' | 'list' | 'create' | 'update' | 'delete'

interface Series {
  labels: { group: string; operation: Operation; resource: string }
  counts: BucketCounts
  errors: number
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
  const resources = new KeyResources(kinds)
  register(metrics, () => Object.values(series).flatMap(ofOperation => [...ofOperation.values()]))

  const seriesOf = (operation: Operation, key: string): Series => {
    const prefix = resourcePrefix(key)
    let found = series[operation].get(prefix)
    if (!found) {
      const { group, resource } = resources.of(prefix)
      found = { labels: { group, operation, resource }, counts: new BucketCounts(bounds), errors: 0 }
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
    ...(storage.isStale && { isStale: key => storage.isStale!(key) }),
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
