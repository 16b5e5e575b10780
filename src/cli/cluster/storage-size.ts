/** How much of the disk the store takes, told when the metrics are read. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'

/** Files may go while they are counted. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}

export function registerStorageSize(metrics: MetricRegistry, directory: string): void {
  registerComputed(metrics, {
    name: 'apiserver_storage_size_bytes',
    help: '[STABLE] Size of the storage database file physically allocated in bytes.',
    type: 'gauge',
    values: () => {
      const value = readdirSync(directory).reduce((sum, file) => sum + sizeOf(join(directory, file)), 0)
      return [{ labels: { storage_cluster_id: 'etcd-0' }, value }]
    },
  })
}
