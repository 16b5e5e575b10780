/** Runtime without a container engine: the pods of one node are processes of this machine in namespaces of their own. */
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import type { ExecStreams, LogOptions } from '../../../machinery/node-api.js'
import { isDemoImage } from '../demo-image/demo-image.js'
import { eventQueue } from '../event-queue.js'
import { type ForwardedStream, forwardPort } from '../port-forward.js'
import { type ExecResult, type Runtime, RuntimeError, type StartingSandbox } from '../runtime.js'
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
import { attachTo, execIn, execSyncIn } from './exec.js'
import { imageStatusOf } from './image-store.js'
import { readLog } from './log-reader.js'
import type { ProcessHost } from './process-host.js'
import { RunningContainer } from './running-container.js'
import { startContainer } from './start-container.js'
import { startSandbox } from './start-sandbox.js'
import { storeDemoImage } from './store-demo-image.js'

/** Of the layout on disk and of how pods are run. */
const version = '1.0.0'

type Subscribe = (listener: (event: RuntimeEvent) => void) => () => void

export class ProcessRuntime implements Runtime {
  readonly #node: string
  readonly #host: ProcessHost
  readonly #subscribe: Subscribe
  /** Sandboxes on their way up. */
  readonly #starting = new Map<string, Promise<unknown>>()

  constructor(node: string, host: ProcessHost, subscribe: Subscribe) {
    this.#node = node
    this.#host = host
    this.#subscribe = subscribe
  }

  get wantsPodCidrs(): boolean {
    return this.#host.network.podNetwork.nodeRanges !== undefined
  }

  async version(): Promise<RuntimeVersion> {
    return { name: 'process', version }
  }

  #own(): RunningContainer[] {
    return [...this.#host.containers.values()].filter(({ record }) => record.node === this.#node)
  }

  #find(id: string): RunningContainer | undefined {
    const found = this.#host.containers.get(id)
    return found?.record.node === this.#node ? found : undefined
  }

  #existing(id: string): RunningContainer {
    const found = this.#find(id)
    if (!found) throw new RuntimeError('not-found', `no such container: ${id}`)
    return found
  }

  async #create(container: RunningContainer): Promise<void> {
    this.#host.add(container)
    await this.#host.records.create(container.record)
  }

  async runSandbox(config: SandboxConfig): Promise<StartingSandbox> {
    const id = this.#host.newId()
    const status: ContainerStatus = {
      id,
      type: 'sandbox',
      pod: config.pod,
      name: '',
      attempt: config.attempt,
      hash: '',
      sandboxId: id,
      state: 'created',
      createdAt: this.#host.clock.now(),
      image: 'pause',
      imageRef: 'pause',
      annotations: {},
      ips: [],
    }
    const sandbox = new RunningContainer({ node: this.#node, status, sandbox: config }, this.#host)
    await this.#create(sandbox)
    const ready = startSandbox(this.#host, sandbox, config)
    this.#starting.set(id, ready)
    // The caller may look at it later than it fails.
    ready.catch(() => {}).finally(() => this.#starting.delete(id))
    return { id, ready }
  }

  async stopSandbox(id: string): Promise<void> {
    await this.#starting.get(id)?.catch(() => {})
    const sandbox = this.#find(id)
    await sandbox?.unplug()
    await sandbox?.stop('SIGKILL', 0)
  }

  removeSandbox(id: string): Promise<void> {
    return this.removeContainer(id)
  }

  /** A container of that name that never ran is what a crash between create and start left behind. */
  async #makeWay(pod: PodRef, { name, attempt }: ContainerConfig): Promise<void> {
    const same = this.#own().find(
      ({ status }) =>
        status.type === 'container' && status.pod.uid === pod.uid && status.name === name && status.attempt === attempt,
    )
    if (!same) return
    if (same.status.state !== 'created') throw new RuntimeError('conflict', `the name ${name} is in use by ${same.id}`)
    await same.remove()
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const { pod } = this.#existing(sandboxId).status
    await this.#makeWay(pod, config)
    const id = this.#host.newId()
    const { name, attempt, hash, image, imageRef, annotations } = config
    const createdAt = this.#host.clock.now()
    const status: ContainerStatus = {
      id,
      type: 'container',
      pod,
      name,
      attempt,
      hash,
      sandboxId,
      state: 'created',
      createdAt,
      image,
      imageRef,
      annotations,
      ips: [],
    }
    await this.#create(new RunningContainer({ node: this.#node, status, container: config }, this.#host))
    return id
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#existing(id)
    const config = container.record.container
    const sandbox = this.#find(container.status.sandboxId)
    if (!config || container.status.state !== 'created')
      throw new RuntimeError('conflict', `container ${id} has been started already`)
    if (sandbox?.status.state !== 'running')
      throw new RuntimeError('other', 'cannot join the namespaces of a sandbox that does not run')
    await startContainer(this.#host, container, { sandbox, config })
  }

  async stopContainer(id: string, gracePeriodSeconds: number): Promise<void> {
    const container = this.#find(id)
    await container?.stop(signalNumber(container.record.resolved?.stopSignal), gracePeriodSeconds)
  }

  async removeContainer(id: string): Promise<void> {
    await this.#starting.get(id)?.catch(() => {})
    const container = this.#find(id)
    if (!container) return
    // Nobody else is in a sandbox that goes.
    for (const other of this.#own())
      if (other.status.sandboxId === id && other.id !== id) await other.stop('SIGKILL', 0)
    await container.remove()
  }

  async updateResources(id: string, resources: LinuxResources): Promise<void> {
    await this.#existing(id).limit(resources)
  }

  async list(): Promise<ContainerStatus[]> {
    return this.#own()
      .map(({ status }) => status)
      .sort((a, b) => b.createdAt - a.createdAt)
  }

  async status(id: string): Promise<ContainerStatus | undefined> {
    return this.#find(id)?.status
  }

  async execSync(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    return execSyncIn(this.#host, this.#existing(id), { command, timeoutMs })
  }

  async exec(id: string, command: readonly string[], streams: ExecStreams): Promise<number> {
    return execIn(this.#host, this.#existing(id), { command, streams })
  }

  async attach(id: string, streams: ExecStreams): Promise<number> {
    return attachTo(this.#host, this.#existing(id), streams)
  }

  async logs(id: string, options: LogOptions, signal: AbortSignal): Promise<Readable> {
    return readLog(this.#existing(id).log, { ...options, now: this.#host.clock.now() }, signal)
  }

  async portForward(sandboxId: string, port: number, stream: ForwardedStream): Promise<void> {
    const sandbox = this.#existing(sandboxId)
    const [address] = sandbox.status.ips
    await forwardPort(address ? { address, pid: sandbox.pid } : { address: '127.0.0.1' }, port, stream)
  }

  async stats(id: string): Promise<ContainerStats> {
    const container = this.#existing(id)
    const usage = (await this.#host.groups.usage(id)) ?? (await ownUsage(container.pid))
    const sandbox = this.#find(container.status.sandboxId)
    const network = sandbox?.status.ips.length ? await networkUsage(sandbox.pid) : []
    return { time: this.#host.clock.now(), ...usage, network }
  }

  async writtenBytes(): Promise<ReadonlyMap<string, number>> {
    const containers = this.#own().filter(({ record }) => record.container)
    const sizes = containers.map(async container => [container.id, await container.writtenBytes()] as const)
    return new Map(await Promise.all(sizes))
  }

  async imageStatus(image: string): Promise<ImageStatus | undefined> {
    const found = await this.#host.images.find(image)
    return found && imageStatusOf(found)
  }

  async listImages(): Promise<ImageStatus[]> {
    return (await this.#host.images.list()).map(imageStatusOf)
  }

  async pullImage(image: string, credentials: RegistryCredentials | undefined, signal: AbortSignal): Promise<void> {
    if (isDemoImage(image)) return storeDemoImage(this.#host.images)
    const { pullImage } = await import('./registry/pull-image.js')
    await pullImage(this.#host.images, { image, credentials, signal, fetch })
  }

  removeImage(image: string): Promise<void> {
    return this.#host.images.remove(image)
  }

  ensureMemoryVolume(pod: PodRef, name: string, options: MemoryVolumeOptions): Promise<void> {
    return this.#host.memory.ensure(pod.uid, name, options)
  }

  removeMemoryVolumes(pod: PodRef): Promise<void> {
    return this.#host.memory.remove(pod.uid)
  }

  async memoryVolumePath(pod: PodRef, name: string): Promise<string> {
    return this.#host.memory.pathOf(pod.uid, name)
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const queue = eventQueue<RuntimeEvent>(signal)
    const unsubscribe = this.#subscribe(event => queue.push(event))
    try {
      yield* queue
    } finally {
      unsubscribe()
    }
  }
}

/** `SIGTERM`, `TERM` or `15`; what is none of these ends it as SIGTERM does. */
function signalNumber(name = 'SIGTERM'): number {
  if (/^\d+$/.test(name)) return Number(name)
  const full = name.startsWith('SIG') ? name : `SIG${name}`
  return (constants.signals as Record<string, number>)[full] ?? constants.signals.SIGTERM
}

const clockTicksPerSecond = 100
const pageSize = 4096

/** Of the main process alone, where there are no control groups. */
async function ownUsage(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const resident = Number(fields[21]) * pageSize
  return {
    cpuUsageNanoseconds: (ticks * 1e9) / clockTicksPerSecond,
    memoryUsageBytes: resident,
    memoryWorkingSetBytes: resident,
    memoryRssBytes: resident,
    pids: 1,
  }
}

/** As that process sees its interfaces. */
async function networkUsage(pid: number): Promise<ContainerStats['network']> {
  const text = await readFile(`/proc/${pid}/net/dev`, 'utf8').catch(() => '')
  return text.split('\n').flatMap(line => {
    const match = /^\s*([^:\s]+):\s*(.*)$/.exec(line)
    if (!match || match[1] === 'lo') return []
    const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = match[2]!.split(/\s+/).map(Number)
    return [{ name: match[1]!, rxBytes, txBytes, rxErrors, txErrors }]
  })
}
