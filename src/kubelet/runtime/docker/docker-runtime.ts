/** Runtime on Docker: a sandbox is a pause container, and the pod's containers join its namespaces. */

import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { Clock } from '../../../machinery/clock.js'
import type { ExecStreams, LogOptions } from '../../../machinery/node-api.js'
import type { NetworkManager } from '../../network/network-manager.js'
import { eventQueue } from '../event-queue.js'
import { type ForwardedStream, forwardPort, type Relay } from '../port-forward.js'
import { type ExecResult, isRuntimeError, type Runtime, RuntimeError, type StartingSandbox } from '../runtime.js'
import type {
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  ImageStatus,
  LinuxResources,
  MemoryVolumeOptions,
  PodRef,
  RegistryCredentials,
  RuntimeEvent,
  RuntimeVersion,
  SandboxConfig,
} from '../types.js'
import { type CreateContext, containerBody, memoryVolumeName, noNetwork, sandboxBody } from './create-body.js'
import type { DockerNetwork } from './docker-network.js'
import { asking, askingOnce } from './errors.js'
import type { DockerEvents } from './events.js'
import { attachTo, execIn, execSyncIn } from './exec.js'
import type { DockerImages } from './images.js'
import { addressesOf, isCurrent, statusOf } from './inspect.js'
import { isOwned, labelNames, type Owner, ownerFilter } from './labels.js'
import { readLogs } from './logs.js'
import { statsOf } from './stats.js'
import type { SubPathMounts } from './sub-path-mounts.js'

export interface DockerRuntimeDeps {
  docker: Docker
  owner: Owner
  images: DockerImages
  events: DockerEvents
  clock: Clock
  version: string
  network: NetworkManager
  /** The same, where it is Docker that plugs in what starts. */
  dockerNetwork?: DockerNetwork
  pauseImage: string
  /** Shared by the daemon's nodes: found out at the first refusal. */
  oom: { mayLower: boolean }
  subPaths: SubPathMounts
  /** As in CreateContext. */
  grantable?: readonly string[]
  hostPortAddress?: string
  /** Where this process is not root: how files are removed, and the network of a sandbox is entered. */
  removeFiles?(path: string): Promise<void>
  relayInto?(sandboxId: string): Relay
}

/** A bridge that takes no more ports, or a network that has no more addresses. */
const isFull = (error: unknown): boolean => /exchange full|no available IPv4 addresses/.test(String(error))

/** Inspect calls at a time while listing. */
const inspectParallelism = 8

export class DockerRuntime implements Runtime {
  readonly #deps: DockerRuntimeDeps
  readonly #docker: Docker
  /** Last status read of each container, so that listing inspects only what changed. */
  readonly #known = new Map<string, ContainerStatus>()
  readonly #pods = new Map<string, PodRef>()

  readonly removeFiles?: (path: string) => Promise<void>

  constructor(deps: DockerRuntimeDeps) {
    this.#deps = deps
    if (deps.removeFiles) this.removeFiles = deps.removeFiles
    this.#docker = deps.docker
  }

  get wantsPodCidrs(): boolean {
    return this.#deps.network.podNetwork.nodeRanges !== undefined
  }

  async version(): Promise<RuntimeVersion> {
    return { name: 'docker', version: this.#deps.version }
  }

  /** Where none is named: containers have that of their sandbox. */
  #context(network = noNetwork): CreateContext {
    const { owner, pauseImage, oom, grantable, hostPortAddress } = this.#deps
    return {
      owner,
      pauseImage,
      network,
      mayLowerOomScore: oom.mayLower,
      ...(grantable && { grantable }),
      ...(hostPortAddress && { hostPortAddress }),
    }
  }

  async runSandbox(config: SandboxConfig): Promise<StartingSandbox> {
    const { namespaces, podCidrs = [] } = config
    const mode = namespaces.network === 'pod' ? await this.#deps.dockerNetwork?.modeFor(podCidrs) : undefined
    const id = await this.#create(sandboxBody(config, this.#context(mode)))
    this.#pods.set(id, config.pod)
    const ready = this.#startSandbox(id, config)
    // The caller may look at it later than it fails.
    ready.catch(() => {})
    return { id, ready }
  }

  async #startSandbox(id: string, config: SandboxConfig): Promise<ContainerStatus> {
    try {
      await this.#startPlugged(id, config)
      const info = await asking(this.#docker.getContainer(id).inspect())
      if (config.namespaces.network === 'pod') await this.#plug(info, config)
      return this.#note(info)
    } catch (error) {
      this.#noteOomRefusal(error)
      await this.removeSandbox(id).catch(() => {})
      throw error
    }
  }

  /** Docker plugs it into its network, or the next where that one is full; rejects where there is no further one. */
  async #startPlugged(id: string, { podCidrs = [] }: SandboxConfig): Promise<void> {
    const { dockerNetwork } = this.#deps
    const container = this.#docker.getContainer(id)
    for (let isPlugged = false; !isPlugged; ) {
      isPlugged = await asking(container.start()).then(
        () => true,
        error => {
          if (!dockerNetwork || !isFull(error)) throw error
          return false
        },
      )
      if (!isPlugged) await dockerNetwork!.moveOn(id, podCidrs)
    }
  }

  async #plug(info: Docker.ContainerInspectInfo, config: SandboxConfig): Promise<void> {
    const { pod, portMappings, bandwidth, podCidrs } = config
    await this.#deps.network.add({
      id: info.Id,
      pod,
      namespace: `/proc/${info.State.Pid}/ns/net`,
      portMappings,
      plugged: addressesOf(info),
      ...(podCidrs && { podCidrs }),
      ...(bandwidth && { bandwidth }),
    })
  }

  #noteOomRefusal(error: unknown): void {
    if (/oom_score_adj/.test(String(error))) this.#deps.oom.mayLower = false
  }

  /** A container of that name that never ran is what a crash between create and start left behind. */
  async #create(body: Docker.ContainerCreateOptions): Promise<string> {
    try {
      return (await asking(this.#docker.createContainer(body))).id
    } catch (error) {
      if (!isRuntimeError(error, 'conflict')) throw error
      const { Id, State } = await asking(this.#docker.getContainer(body.name!).inspect())
      if (State.Status !== 'created') throw error
      await askingOnce(this.#docker.getContainer(Id).remove({ force: true, v: true }))
      return (await asking(this.#docker.createContainer(body))).id
    }
  }

  async stopSandbox(id: string): Promise<void> {
    await this.#unplug(id)
    try {
      await askingOnce(this.#docker.getContainer(id).kill())
    } catch (error) {
      // Not running.
      if (!isRuntimeError(error, 'conflict')) throw error
    }
  }

  removeSandbox(id: string): Promise<void> {
    return this.removeContainer(id)
  }

  /** Docker unplugs by itself what ends. */
  async #unplug(id: string): Promise<void> {
    const { network, dockerNetwork } = this.#deps
    if (!dockerNetwork) await network.remove(id)
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const pod = this.#pods.get(sandboxId) ?? (await this.status(sandboxId))?.pod
    if (!pod) throw new RuntimeError('not-found', `sandbox ${sandboxId} does not exist`)
    const { subPaths } = this.#deps
    const pinned = await subPaths.pin(config.mounts)
    try {
      const id = await this.#create(
        containerBody(pod, sandboxId, { ...config, mounts: pinned.mounts }, this.#context()),
      )
      subPaths.keep(id, pinned)
      return id
    } catch (error) {
      await subPaths.release(pinned.held)
      throw error
    }
  }

  async startContainer(id: string): Promise<void> {
    try {
      await asking(this.#docker.getContainer(id).start())
    } catch (error) {
      this.#noteOomRefusal(error)
      throw error
    } finally {
      await this.#deps.subPaths.letGo(id)
    }
  }

  async stopContainer(id: string, gracePeriodSeconds: number): Promise<void> {
    await askingOnce(this.#docker.getContainer(id).stop({ t: gracePeriodSeconds }))
  }

  async removeContainer(id: string): Promise<void> {
    this.#known.delete(id)
    if (this.#pods.delete(id)) this.#deps.dockerNetwork?.noteGone()
    await this.#unplug(id)
    try {
      await askingOnce(this.#docker.getContainer(id).remove({ force: true, v: true }))
    } catch (error) {
      // Docker's own removal of it is under way.
      if (!isRuntimeError(error, 'conflict')) throw error
      await askingOnce(this.#docker.getContainer(id).wait({ condition: 'removed' }))
    } finally {
      await this.#deps.subPaths.letGo(id)
    }
  }

  async updateResources(id: string, { cpuShares, cpuQuota, memoryLimitBytes }: LinuxResources): Promise<void> {
    await asking(
      this.#docker.getContainer(id).update({
        CpuShares: cpuShares,
        ...(cpuQuota && { CpuPeriod: 100_000, CpuQuota: cpuQuota }),
        ...(memoryLimitBytes && { Memory: memoryLimitBytes, MemorySwap: memoryLimitBytes }),
      }),
    )
  }

  async status(id: string): Promise<ContainerStatus | undefined> {
    try {
      return this.#note(await asking(this.#docker.getContainer(id).inspect()))
    } catch (error) {
      if (!isRuntimeError(error, 'not-found')) throw error
      this.#known.delete(id)
      return undefined
    }
  }

  #note(info: Docker.ContainerInspectInfo): ContainerStatus {
    const status = statusOf(info, this.#deps.network.addressesOf(info.Id))
    this.#known.set(info.Id, status)
    return status
  }

  async list(): Promise<ContainerStatus[]> {
    const { cluster, node } = this.#deps.owner
    const summaries = await asking(
      this.#docker.listContainers({ all: true, filters: { label: ownerFilter(cluster, node) } }),
    )
    const present = new Set(summaries.map(summary => summary.Id))
    for (const id of this.#known.keys()) if (!present.has(id)) this.#known.delete(id)
    const stale = summaries.filter(summary => !isCurrent(this.#known.get(summary.Id), summary))
    for (let from = 0; from < stale.length; from += inspectParallelism) {
      await Promise.all(stale.slice(from, from + inspectParallelism).map(({ Id }) => this.status(Id)))
    }
    const statuses = summaries.flatMap(({ Id }) => this.#known.get(Id) ?? [])
    return statuses.sort((a, b) => b.createdAt - a.createdAt)
  }

  exec(id: string, command: readonly string[], streams: ExecStreams): Promise<number> {
    return execIn(this.#docker, id, command, streams)
  }

  execSync(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    return execSyncIn(this.#docker, id, command, timeoutMs)
  }

  attach(id: string, streams: ExecStreams): Promise<number> {
    return attachTo(this.#docker, id, streams)
  }

  logs(id: string, options: LogOptions, signal: AbortSignal): Promise<Readable> {
    return readLogs({ docker: this.#docker, id, now: this.#deps.clock.now() }, options, signal)
  }

  async portForward(sandboxId: string, port: number, stream: ForwardedStream): Promise<void> {
    const info = await asking(this.#docker.getContainer(sandboxId).inspect())
    const onNode = info.HostConfig.NetworkMode === 'host'
    const [address = '127.0.0.1'] = this.#note(info).ips
    const relay = this.#deps.relayInto?.(sandboxId)
    const way = relay ? { relay } : { pid: info.State.Pid }
    await forwardPort({ address, ...(!onNode && way) }, port, stream)
  }

  stats(id: string): Promise<ContainerStats> {
    return statsOf(this.#docker, id)
  }

  async writtenBytes(): Promise<ReadonlyMap<string, number>> {
    const { cluster, node } = this.#deps.owner
    const options = { all: true, size: true, filters: { label: ownerFilter(cluster, node) } }
    const summaries: { Id: string; SizeRw?: number }[] = await asking(this.#docker.listContainers(options))
    return new Map(summaries.map(({ Id, SizeRw }) => [Id, SizeRw ?? 0]))
  }

  imageStatus(image: string): Promise<ImageStatus | undefined> {
    return this.#deps.images.status(image)
  }

  listImages(): Promise<ImageStatus[]> {
    return this.#deps.images.list()
  }

  pullImage(image: string, credentials: RegistryCredentials | undefined, signal: AbortSignal): Promise<void> {
    return this.#deps.images.pull(image, credentials, signal)
  }

  removeImage(image: string): Promise<void> {
    return this.#deps.images.remove(image)
  }

  async ensureMemoryVolume(pod: PodRef, name: string, options: MemoryVolumeOptions): Promise<void> {
    const { cluster, node } = this.#deps.owner
    const settings = [
      `mode=${options.mode.toString(8)}`,
      ...(options.gid === undefined ? [] : [`gid=${options.gid}`]),
      ...(options.sizeBytes === undefined ? [] : [`size=${options.sizeBytes}`]),
    ]
    await asking(
      this.#docker.createVolume({
        Name: memoryVolumeName(cluster, pod.uid, name),
        Driver: 'local',
        DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: settings.join(',') },
        Labels: {
          [labelNames.cluster]: cluster,
          [labelNames.node]: node,
          [labelNames.podUid]: pod.uid,
        },
      }),
    )
  }

  async removeMemoryVolumes(pod: PodRef): Promise<void> {
    const { cluster, node } = this.#deps.owner
    const label = [...ownerFilter(cluster, node), `${labelNames.podUid}=${pod.uid}`]
    const { Volumes } = await asking(this.#docker.listVolumes({ filters: { label } }))
    await Promise.all((Volumes ?? []).map(({ Name }) => askingOnce(this.#docker.getVolume(Name).remove())))
  }

  async memoryVolumePath(pod: PodRef, name: string): Promise<string> {
    const volume = this.#docker.getVolume(memoryVolumeName(this.#deps.owner.cluster, pod.uid, name))
    return (await asking(volume.inspect())).Mountpoint
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const queue = eventQueue<RuntimeEvent>(signal)
    const unsubscribe = this.#deps.events.subscribe(({ event, labels }) => {
      if (!labels || isOwned(labels, this.#deps.owner)) queue.push(event)
    })
    try {
      yield* queue
    } finally {
      unsubscribe()
    }
  }
}
