/** Events that went out to watchers, and their sizes. */
import { BucketCounts } from '../../telemetry/bucket-counts.js'
import { histogramValues, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import { SweepingMap } from '../../telemetry/sweeping-map.js'
import type { RequestInfo } from '../request-info.js'

const sizeBounds = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072]

/** What counts the events sent to one watcher: how many, and their bytes together. */
export type CountEvents = (events: number, bytes: number) => void

interface Counts {
  /** Of the first watch that was counted. */
  info: RequestInfo
  labels: { group: string; resource: string; version: string }
  total: number
  sizes: BucketCounts
}

export function newWatchEventCounts(
  registry: MetricRegistry,
  isServed: (info: RequestInfo) => boolean,
): (info: RequestInfo) => CountEvents {
  const series = new SweepingMap<string, Counts>(counts => (isServed(counts.info) ? counts : undefined))
  registerComputed(registry, {
    name: 'apiserver_watch_events_total',
    help: '[ALPHA] Number of events sent in watch clients',
    type: 'counter',
    values: () => [...series.values()].map(({ labels, total }) => ({ labels, value: total })),
  })
  const name = 'apiserver_watch_events_sizes'
  registerComputed(registry, {
    name,
    help: '[ALPHA] Watch event size distribution in bytes',
    type: 'histogram',
    values: () => [...series.values()].flatMap(({ labels, sizes }) => histogramValues(name, labels, sizes)),
  })
  return info => {
    const { group, version, resource } = info
    const key = `${group}/${version}/${resource}`
    const known = series.get(key)
    const found = known ?? { info, labels: { group, resource, version }, total: 0, sizes: new BucketCounts(sizeBounds) }
    if (!known) series.set(key, found)
    return (events, bytes) => {
      found.total += events
      // Events that go out together are of about one size.
      if (events > 0) found.sizes.observe(bytes / events, events)
    }
  }
}
