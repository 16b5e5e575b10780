/** How many objects of each resource are stored, counted when the metrics are read. */
import { Gauge, type MetricRegistry } from '../telemetry/metrics.js'
import type { RestDirectory } from './deps.js'

async function countAll(rests: RestDirectory): Promise<{ group: string; resource: string; count: number }[]> {
  const kinds = rests.kinds().filter(kind => kind.verbs.includes('list'))
  return Promise.all(
    kinds.map(async ({ group, version, names }) => {
      const list = await rests.find(group, version, names.plural)?.list(undefined, { limit: 1 })
      return { group, resource: names.plural, count: (list?.items.length ?? 0) + (list?.remainingItemCount ?? 0) }
    }),
  )
}

export function registerObjectCounts(rests: RestDirectory, metrics: MetricRegistry): void {
  new Gauge({
    name: 'apiserver_resource_objects',
    help: 'Number of stored objects at the time of last check split by kind.',
    labelNames: ['group', 'resource'],
    registers: [metrics],
    async collect() {
      this.reset()
      for (const { group, resource, count } of await countAll(rests)) this.set({ group, resource }, count)
    },
  })
  new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Number of stored objects at the time of last check split by kind.',
    labelNames: ['resource'],
    registers: [metrics],
    async collect() {
      this.reset()
      for (const { group, resource, count } of await countAll(rests))
        this.set({ resource: group ? `${resource}.${group}` : resource }, count)
    },
  })
}
