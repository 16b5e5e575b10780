/** Runtime without processes: sandboxes and containers are records that change after delays of an injected clock. */
import { Readable } from 'node:stream'
import type { Clock, Timer } from '../../../machinery/clock.js'
import type { ExecStreams } from '../../../machinery/node-api.js'
import { eventQueue } from '../event-queue.js'
import { type ExecResult, type Runtime, RuntimeError, type StartingSandbox } from '../runtime.js'
import type {
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  ImageStatus,
  PodRef,
  RuntimeEvent,
  RuntimeVersion,
  SandboxConfig,
} from '../types.js'
import type { AddressPool } from './address-pool.js'

/** What a simulated container does after its start. Without `exitAfterMs` it runs until it is stopped. */
export interface SimBehaviour {
  startMs?: number
  exitAfterMs?: number
  exitCode?: number
  /** Milliseconds it takes to stop when asked; longer than the grace period means it is killed (137). */
  stopMs?: number
  /** The start fails with this message. */
  startError?: string
  output?: string
  /** What commands in it answer. */
  exec?: ExecResult
}

export interface SimOptions {
  clock: Clock
  /** Unique across the nodes of a process. */
  addresses: AddressPool
  sandboxMs?: number
  /** Default: starts at once and runs for ever. */
  behaviour?(pod: PodRef, config: ContainerConfig): SimBehaviour
  /** Images that are not there, and what a pull of them says; undefined: the pull succeeds. Default: every image is present. */
  missingImages?: ReadonlyMap<string, string | undefined>
  exec?(pod: PodRef, container: string, command: readonly string[]): ExecResult
}

interface Entry {
  status: ContainerStatus
  behaviour: SimBehaviour
  exit?: Timer
  config?: ContainerConfig
}

const killedExitCode = 137

export class SimRuntime implements Runtime {
  readonly isSimulated = true
  readonly #options: SimOptions
  readonly #entries = new Map<string, Entry>()
  readonly #pulled = new Set<string>()
  readonly #listeners = new Set<(event: RuntimeEvent) => void>()
  #sequence = 0

  constructor(options: SimOptions) {
    this.#options = options
  }

  async version(): Promise<RuntimeVersion> {
    return { name: 'sim', version: '1.0.0' }
  }

  #emit(type: 'started' | 'died' | 'removed', { id, pod }: ContainerStatus): void {
    for (const listener of this.#listeners) listener({ type, id, pod })
  }

  #wait(ms: number): Promise<void> {
    return ms > 0 ? new Promise(resolve => this.#options.clock.after(ms, resolve)) : Promise.resolve()
  }

  #newId(): string {
    return (++this.#sequence).toString(16).padStart(64, '0')
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id)
    if (!entry) throw new RuntimeError('not-found', `no such container: ${id}`)
    return entry
  }

  async runSandbox(config: SandboxConfig): Promise<StartingSandbox> {
    const id = this.#newId()
    const own = config.namespaces.network === 'pod'
    const entry: Entry = {
      behaviour: {},
      status: {
        id,
        type: 'sandbox',
        pod: config.pod,
        name: '',
        attempt: config.attempt,
        hash: '',
        sandboxId: id,
        state: 'created',
        createdAt: this.#options.clock.now(),
        image: 'pause',
        imageRef: 'pause',
        annotations: {},
        ips: own ? [this.#options.addresses.take()] : [],
      },
    }
    this.#entries.set(id, entry)
    const ready = this.#wait(this.#options.sandboxMs ?? 0).then(() => this.#markStarted(entry))
    return { id, ready }
  }

  #markStarted(entry: Entry): ContainerStatus {
    entry.status = { ...entry.status, state: 'running', startedAt: this.#options.clock.now() }
    this.#emit('started', entry.status)
    return entry.status
  }

  async stopSandbox(id: string): Promise<void> {
    const sandbox = this.#entries.get(id)
    if (!sandbox) return
    for (const entry of this.#entries.values()) if (entry.status.sandboxId === id) this.#exit(entry, killedExitCode)
  }

  async removeSandbox(id: string): Promise<void> {
    const sandbox = this.#entries.get(id)
    if (!sandbox) return
    await this.stopSandbox(id)
    for (const ip of sandbox.status.ips) this.#options.addresses.giveBack(ip)
    await this.removeContainer(id)
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const { pod } = this.#entry(sandboxId).status
    const same = [...this.#entries.values()].find(
      ({ status }) => status.pod.uid === pod.uid && status.name === config.name && status.attempt === config.attempt,
    )
    if (same && same.status.state !== 'created') throw new RuntimeError('conflict', `name ${config.name} is in use`)
    if (same) this.#entries.delete(same.status.id)
    const id = this.#newId()
    const { name, attempt, hash, image, imageRef, annotations } = config
    this.#entries.set(id, {
      config,
      behaviour: this.#options.behaviour?.(pod, config) ?? {},
      status: {
        id,
        type: 'container',
        pod,
        name,
        attempt,
        hash,
        sandboxId,
        state: 'created',
        createdAt: this.#options.clock.now(),
        image,
        imageRef,
        annotations,
        ips: [],
      },
    })
    return id
  }

  async startContainer(id: string): Promise<void> {
    const entry = this.#entry(id)
    if (this.#entry(entry.status.sandboxId).status.state !== 'running')
      throw new RuntimeError('other', 'cannot join the namespaces of a sandbox that does not run')
    await this.#wait(entry.behaviour.startMs ?? 0)
    const { startError, exitAfterMs, exitCode = 0 } = entry.behaviour
    if (startError) {
      const now = this.#options.clock.now()
      const reason = 'StartError'
      entry.status = {
        ...entry.status,
        state: 'exited',
        exitCode: 128,
        reason,
        message: startError,
        startedAt: 0,
        finishedAt: now,
      }
      throw new RuntimeError('cannot-run', startError)
    }
    this.#markStarted(entry)
    if (exitAfterMs !== undefined)
      entry.exit = this.#options.clock.after(exitAfterMs, () => this.#exit(entry, exitCode))
  }

  #exit(entry: Entry, exitCode: number): void {
    entry.exit?.cancel()
    if (entry.status.state === 'exited') return
    const reason = exitCode === 0 ? 'Completed' : 'Error'
    entry.status = { ...entry.status, state: 'exited', exitCode, reason, finishedAt: this.#options.clock.now() }
    this.#emit('died', entry.status)
  }

  async stopContainer(id: string, gracePeriodSeconds: number): Promise<void> {
    const entry = this.#entries.get(id)
    if (entry?.status.state !== 'running') return
    const { stopMs = 0 } = entry.behaviour
    const graceMs = gracePeriodSeconds * 1000
    const killed = graceMs < stopMs || graceMs === 0
    await this.#wait(Math.min(stopMs, graceMs))
    this.#exit(entry, killed ? killedExitCode : 0)
  }

  async removeContainer(id: string): Promise<void> {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#exit(entry, killedExitCode)
    this.#entries.delete(id)
    this.#emit('removed', entry.status)
  }

  async updateResources(id: string): Promise<void> {
    this.#entry(id)
  }

  async list(): Promise<ContainerStatus[]> {
    return [...this.#entries.values()].map(({ status }) => status).reverse()
  }

  async status(id: string): Promise<ContainerStatus | undefined> {
    return this.#entries.get(id)?.status
  }

  async execSync(id: string, command: readonly string[]): Promise<ExecResult> {
    const { status, behaviour } = this.#running(id)
    return behaviour.exec ?? this.#options.exec?.(status.pod, status.name, command) ?? { exitCode: 0, output: '' }
  }

  #running(id: string): Entry {
    const entry = this.#entry(id)
    if (entry.status.state !== 'running') throw new RuntimeError('conflict', `container ${id} is not running`)
    return entry
  }

  async exec(id: string, command: readonly string[], streams: ExecStreams): Promise<number> {
    const { exitCode, output } = await this.execSync(id, command)
    if (output) streams.stdout?.write(output)
    return exitCode
  }

  async attach(id: string, streams: ExecStreams): Promise<number> {
    const { behaviour } = this.#running(id)
    if (behaviour.output) streams.stdout?.write(behaviour.output)
    return 0
  }

  async logs(id: string): Promise<Readable> {
    return Readable.from([Buffer.from(this.#entry(id).behaviour.output ?? '')])
  }

  async portForward(): Promise<void> {
    throw new RuntimeError('other', 'simulated pods have no network')
  }

  async stats(id: string): Promise<ContainerStats> {
    this.#entry(id)
    const none = { cpuUsageNanoseconds: 0, memoryUsageBytes: 0, memoryWorkingSetBytes: 0, memoryRssBytes: 0, pids: 0 }
    return { time: this.#options.clock.now(), ...none, network: [] }
  }

  async imageStatus(image: string): Promise<ImageStatus | undefined> {
    if (this.#options.missingImages?.has(image) && !this.#pulled.has(image)) return undefined
    return { id: `sha256:${Buffer.from(image).toString('hex')}`, tags: [image], digests: [], sizeBytes: 0, user: '' }
  }

  async listImages(): Promise<ImageStatus[]> {
    return []
  }

  async pullImage(image: string): Promise<void> {
    const failure = this.#options.missingImages?.get(image)
    if (failure) throw new RuntimeError('other', failure)
    this.#pulled.add(image)
  }

  async removeImage(image: string): Promise<void> {
    this.#pulled.delete(image)
  }

  async ensureMemoryVolume(): Promise<void> {}
  async removeMemoryVolumes(): Promise<void> {}

  async memoryVolumePath(): Promise<string> {
    throw new RuntimeError('other', 'simulated pods have no volumes')
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const queue = eventQueue<RuntimeEvent>(signal)
    this.#listeners.add(queue.push)
    try {
      yield* queue
    } finally {
      this.#listeners.delete(queue.push)
    }
  }
}
