/** What the nodes of a cluster share to run pods without a container engine: images, the pods' network, control groups, and what runs already. */
import { randomBytes } from 'node:crypto'
import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../machinery/clock.js'
import type { Logger } from '../../../telemetry/logger.js'
import { type NetworkManager, removeLeftovers } from '../../network/network-manager.js'
import type { PodAddressing } from '../../network/pod-addressing.js'
import { usualPrefix } from '../../network/subnets.js'
import { pauseProgram } from '../pause-program.js'
import { type Runtime, RuntimeError } from '../runtime.js'
import type { RuntimeEvent } from '../types.js'
import { heldCapabilities } from './capabilities.js'
import { ControlGroups } from './control-groups.js'
import { ImageStore } from './image-store.js'
import { Launcher } from './kernel/launcher.js'
import { runLauncher } from './kernel/run-launcher.js'
import { cloneFlags, mountFlags } from './kernel/system-calls.js'
import { MemoryVolumes } from './memory-volumes.js'
import { PipeFactory } from './pipes.js'
import type { ProcessHost } from './process-host.js'
import { ProcessRuntime } from './process-runtime.js'
import { RecordStore } from './record.js'
import { RunningContainer } from './running-container.js'

export interface ProcessOptions {
  /** Names the bridge, the control groups and the rules in the packet filter. */
  cluster: string
  /** Of the runtime alone: images, containers, logs. Absolute. */
  directory: string
  /** How the addresses of pods are divided, unless some have theirs already. */
  addressing: PodAddressing
  /** How pods get their network; default: bridges of the cluster's own. `directory` is where it keeps what it has done. */
  openNetwork?(directory: string): Promise<NetworkManager>
  clock: Clock
  log: Logger
}

/** Why this machine cannot run pods this way; undefined when it can. */
function cannotRunProcesses(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid?.() !== 0) return 'it needs root'
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `it has no code for ${process.arch}`
  return undefined
}

const directories = ['images', 'containers', 'pipes', 'memory', 'launch', 'pause'] as const

const longestTimer = 2 ** 31 - 1

/** Where images are, below the runtime's directory. */
export const imageDirectory = (directory: string): string => join(directory, 'images')

export class ProcessEngine {
  readonly #host: ProcessHost
  readonly #listeners: Set<(event: RuntimeEvent, node: string) => void>
  readonly #stop: AbortController

  private constructor(host: ProcessHost, shared: Shared) {
    this.#host = host
    this.#listeners = shared.listeners
    this.#stop = shared.stop
  }

  /** Makes what the cluster needs and takes over what runs. Rejects with kind `unavailable` where the machine does not allow it. */
  static async open(options: ProcessOptions): Promise<ProcessEngine> {
    const { cluster, directory, clock, log } = options
    const reason = cannotRunProcesses()
    if (reason) throw new RuntimeError('unavailable', reason)
    for (const name of directories) await mkdir(join(directory, name), { recursive: true, mode: 0o711 })
    await emptyDirectories(directory, ['pipes', 'launch'])
    const launchers = join(directory, 'launch')
    await mayMakeNamespaces(launchers)
    await makePauseRoot(join(directory, 'pause'))
    const [groups, network, overlay] = await Promise.all([
      ControlGroups.open(cluster, log),
      openNetwork(options),
      hasOverlay(directory, launchers),
    ])
    const listeners: Shared['listeners'] = new Set()
    const stop = new AbortController()
    const containers = new Map<string, RunningContainer>()
    const host: ProcessHost = {
      directory,
      clock,
      log,
      images: new ImageStore(imageDirectory(directory)),
      pipes: new PipeFactory(join(directory, 'pipes')),
      records: new RecordStore(join(directory, 'containers')),
      memory: new MemoryVolumes(join(directory, 'memory')),
      groups,
      network,
      launchers,
      overlay,
      capabilities: heldCapabilities(),
      containers,
      add: container => void containers.set(container.id, container),
      forget: id => void containers.delete(id),
      newId: () => randomBytes(32).toString('hex'),
      emit: (event, node) => {
        for (const listener of listeners) listener(event, node)
      },
    }
    const engine = new ProcessEngine(host, { listeners, stop })
    await engine.#takeOver()
    await host.images.watch(() => host.emit({ type: 'image' }, ''), stop.signal)
    return engine
  }

  async #takeOver(): Promise<void> {
    const records = await this.#host.records.readAll()
    await removeLeftovers(this.#host.network, new Set(records.map(({ status }) => status.id)))
    for (const record of records) {
      const container = new RunningContainer(record, this.#host)
      this.#host.add(container)
      await container.takeOver()
    }
  }

  get network(): NetworkManager {
    return this.#host.network
  }

  get images(): ImageStore {
    return this.#host.images
  }

  /** The runtime of one node: it sees only what it made itself. */
  runtimeFor(node: string): Runtime {
    return new ProcessRuntime(node, this.#host, listener => {
      const own = (event: RuntimeEvent, of: string) => {
        if (of === '' || of === node) listener(event)
      }
      this.#listeners.add(own)
      return () => this.#listeners.delete(own)
    })
  }

  /** Lets go of what runs; it goes on. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all([...this.#host.containers.values()].map(container => container.close()))
  }

  /** Ends and removes everything of the cluster but its images. */
  async removeAll(): Promise<void> {
    this.#stop.abort()
    const { containers, memory, groups, network } = this.#host
    // What tells of the end of a process does not keep this one alive.
    const alive = setInterval(() => {}, longestTimer)
    try {
      const all = [...containers.values()]
      await Promise.all(all.filter(({ record }) => !record.sandbox).map(container => container.remove()))
      await Promise.all(all.map(container => container.remove()))
      await memory.removeAll()
      await groups.removeAll()
      await network.tearDown()
    } finally {
      clearInterval(alive)
    }
  }
}

interface Shared {
  listeners: Set<(event: RuntimeEvent, node: string) => void>
  stop: AbortController
}

async function openNetwork({
  cluster,
  directory,
  log,
  addressing,
  openNetwork,
}: ProcessOptions): Promise<NetworkManager> {
  if (openNetwork) return openNetwork(join(directory, 'network'))
  const { BridgeNetwork } = await import('../../network/bridge/bridge-network.js')
  return BridgeNetwork.open({ cluster, directory: join(directory, 'network'), log, addressing })
}

/** Leftovers of an earlier minik8s. */
async function emptyDirectories(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    for (const entry of await readdir(join(directory, name))) await rm(join(directory, name, entry), { force: true })
}

/** The root of every sandbox: nothing but the program that waits in it. */
async function makePauseRoot(root: string): Promise<void> {
  await mkdir(join(root, 'proc'), { recursive: true })
  const program = join(root, 'pause')
  const present = await access(program).then(
    () => true,
    () => false,
  )
  if (!present) await writeFile(program, pauseProgram(process.arch)!, { mode: 0o755 })
}

/** Root in a container of somebody else's may be forbidden what it takes. */
async function mayMakeNamespaces(launchers: string): Promise<void> {
  const { newMounts, newNetwork, newPid, newIpc, newUts } = cloneFlags
  const launcher = new Launcher()
  launcher.call('unshare', [newMounts | newNetwork | newPid | newIpc | newUts], { what: 'make namespaces' })
  launcher.call('mount', [0, '/', 0, mountFlags.private | mountFlags.recursive, 0], { what: 'change mounts' })
  await runLauncher(launcher, launchers).catch(error => {
    throw new RuntimeError('unavailable', `this process may not ${(error as Error).message}`)
  })
}

/** Tried in a mount namespace that ends with the trial: some file systems cannot be what overlayfs writes to. */
async function hasOverlay(directory: string, launchers: string): Promise<boolean> {
  const trial = join(directory, 'overlay')
  for (const name of ['lower', 'upper', 'work', 'at']) await mkdir(join(trial, name), { recursive: true })
  const launcher = new Launcher()
  const path = (name: string) => join(trial, name).replace(/[\\,:]/g, '\\$&')
  const options = `lowerdir=${path('lower')},upperdir=${path('upper')},workdir=${path('work')}`
  launcher.call('unshare', [cloneFlags.newMounts])
  launcher.call('mount', [0, '/', 0, mountFlags.private | mountFlags.recursive, 0])
  launcher.call('mount', ['overlay', join(trial, 'at'), 'overlay', 0, options])
  const works = await runLauncher(launcher, launchers).then(
    () => true,
    () => false,
  )
  await rm(trial, { recursive: true, force: true })
  return works
}

/** As ProcessEngine.removeAll, for a cluster that does not run; resolves with false where it has never had anything. */
export async function removeProcessCluster(options: Omit<ProcessOptions, 'addressing'>): Promise<boolean> {
  const present = await access(join(options.directory, 'containers')).then(
    () => true,
    () => false,
  )
  if (!present) return false
  const engine = await ProcessEngine.open({ ...options, addressing: { prefix: usualPrefix } })
  await engine.removeAll()
  return true
}
