/** What is counted about volumes that are attached to nodes, under upstream's names. */
import { node as nodeKind, pod as podKind, persistentVolume as volumeKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { type MetricValue, registerComputed } from '../../telemetry/computed-metric.js'
import { Counter, type MetricRegistry } from '../../telemetry/metrics.js'
import { Tally } from '../../telemetry/tally.js'
import { claimsOf } from '../pods/claims.js'
import type { Cache } from '../runtime/cache.js'
import { attachedTo } from './attachments.js'
import type { Force } from './plan.js'
import { csiOf, volumeOfName } from './volume.js'
import { volumeOfClaim, wantedOn } from './wanted.js'

const pluginOf = (driver: string) => `kubernetes.io/csi:${driver}`

/** Most clusters have none, and need not be looked through. */
const hasCsiVolumes = (cache: Cache): boolean => cache.list(volumeKind).some(volume => csiOf(volume) !== undefined)

const driversOf = (pod: Pod, cache: Cache): string[] => [
  ...(pod.spec.volumes ?? []).flatMap(({ csi }) => csi?.driver ?? []),
  ...claimsOf(pod).flatMap(name => {
    const volume = volumeOfClaim(pod, name, cache)
    return (volume && csiOf(volume)?.driver) ?? []
  }),
]

/** Volumes in pods that have a node, by node. */
function countInUse(cache: Cache): MetricValue[] {
  const tally = new Tally()
  for (const pod of cache.list<Pod>(podKind)) {
    const { nodeName: node, volumes } = pod.spec
    if (!node || !volumes?.length) continue
    for (const driver of driversOf(pod, cache)) tally.add({ node, volume_plugin: pluginOf(driver) })
  }
  return tally.values
}

/** Volumes that are to be attached, and those that are. */
function countStates(cache: Cache): MetricValue[] {
  const tally = new Tally()
  if (!hasCsiVolumes(cache)) return []
  for (const node of cache.list(nodeKind)) {
    const { name = '' } = node.metadata
    for (const { csi } of wantedOn(name, cache).values())
      tally.add({ plugin_name: pluginOf(csi.driver), state: 'desired_state_of_world' })
    for (const { name: volume } of attachedTo(name, node, cache))
      tally.add({ plugin_name: pluginOf(volumeOfName(volume)?.driver ?? ''), state: 'actual_state_of_world' })
  }
  return tally.values
}

export class AttachMetrics {
  private readonly forced: Counter<'reason'>

  constructor(registry: MetricRegistry, cache: Cache) {
    this.forced = new Counter({
      name: 'attach_detach_controller_attachdetach_controller_forced_detaches',
      help: '[ALPHA] Number of times the A/D Controller performed a forced detach',
      labelNames: ['reason'],
      registers: [registry],
    })
    registerComputed(registry, {
      name: 'storage_count_attachable_volumes_in_use',
      help: '[ALPHA] Measure number of volumes in use',
      type: 'gauge',
      values: () => countInUse(cache),
    })
    registerComputed(registry, {
      name: 'attachdetach_controller_total_volumes',
      help: '[ALPHA] Number of volumes in A/D Controller',
      type: 'gauge',
      values: () => countStates(cache),
    })
  }

  /** A volume was taken from a node that may still use it. */
  detached(force: Force): void {
    this.forced.inc({ reason: force })
  }
}
