/** Measures what pods use of what is short. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '../../apis/generated/core-v1.js'
import { hostsFileName } from '../pods/pod-files.js'
import type { Runtime } from '../runtime/runtime.js'
import type { RuntimeCache } from '../runtime-cache.js'
import type { StatsProvider } from '../stats/stats-provider.js'
import { blockBytes, diskUseOf } from './disk-use.js'
import { exceededLimit, hasContainerLimits, hasLocalLimits, type LocalUse, localVolumesOf } from './local-storage.js'
import type { PodUsage } from './rank-pods.js'

export interface PodUsagesDeps {
  stats: StatsProvider
  runtime: Pick<Runtime, 'writtenBytes'>
  cache: RuntimeCache
  podsDirectory: string
  /** Those that were admitted and are not over. */
  activePods(): readonly Pod[]
}

const uidOf = ({ metadata }: Pod) => metadata.uid ?? ''

export class PodUsages {
  readonly #deps: PodUsagesDeps

  constructor(deps: PodUsagesDeps) {
    this.#deps = deps
  }

  of(resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids'): Promise<PodUsage[]> {
    return resource === 'memory' || resource === 'pids' ? this.#measured(resource) : this.#onDisk(resource)
  }

  async #measured(resource: 'memory' | 'pids'): Promise<PodUsage[]> {
    const { containers } = await this.#deps.stats.latest()
    return this.#deps.activePods().map(pod => {
      const own = containers.filter(({ status }) => status.pod.uid === uidOf(pod))
      const used = new Map(
        own.map(({ status, stats }) => [status.name, resource === 'memory' ? stats.memoryWorkingSetBytes : stats.pids]),
      )
      return usageOf(pod, used)
    })
  }

  async #onDisk(resource: 'ephemeral-storage' | 'inodes'): Promise<PodUsage[]> {
    const written = await this.#written()
    return Promise.all(
      this.#deps.activePods().map(async pod => {
        const { bytes, inodes } = await diskUseOf(join(this.#deps.podsDirectory, uidOf(pod)))
        if (resource === 'inodes') return { pod, used: inodes, containers: new Map() }
        const { used, containers } = usageOf(pod, this.#containersOf(pod, written))
        return { pod, used: used + bytes, containers }
      }),
    )
  }

  /** Pods that use more of the disk than they may, and what to tell them. */
  async overLimits(): Promise<{ pod: Pod; message: string }[]> {
    const limited = this.#deps.activePods().filter(hasLocalLimits)
    if (limited.length === 0) return []
    const written = limited.some(hasContainerLimits) ? await this.#written() : new Map<string, number>()
    const found = await Promise.all(
      limited.map(async pod => ({ pod, message: exceededLimit(pod, await this.#localUse(pod, written)) })),
    )
    return found.flatMap(({ pod, message }) => (message ? [{ pod, message }] : []))
  }

  async #localUse(pod: Pod, written: ReadonlyMap<string, number>): Promise<LocalUse> {
    const volumes = await Promise.all(
      localVolumesOf(pod).map(async name => {
        const { bytes } = await diskUseOf(join(this.#deps.podsDirectory, uidOf(pod), 'volumes', name))
        return [name, bytes] as const
      }),
    )
    const hosts = await lstat(join(this.#deps.podsDirectory, uidOf(pod), hostsFileName)).catch(() => undefined)
    const hostsFile = (hosts?.blocks ?? 0) * blockBytes
    return { volumes: new Map(volumes), containers: this.#containersOf(pod, written), hostsFile }
  }

  /** By container id. */
  async #written(): Promise<ReadonlyMap<string, number>> {
    return (await this.#deps.runtime.writtenBytes?.()) ?? new Map()
  }

  #containersOf(pod: Pod, written: ReadonlyMap<string, number>): Map<string, number> {
    const { containers } = this.#deps.cache.state(uidOf(pod))
    const use = new Map<string, number>()
    for (const { id, name } of containers) use.set(name, (use.get(name) ?? 0) + (written.get(id) ?? 0))
    return use
  }
}

const usageOf = (pod: Pod, containers: ReadonlyMap<string, number>): PodUsage => ({
  pod,
  used: [...containers.values()].reduce((sum, value) => sum + value, 0),
  containers,
})
