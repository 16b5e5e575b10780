/** A connection to one Docker daemon on behalf of one cluster: its bridge network, pause image, events and clean-up. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import type Docker from 'dockerode'
import type { Clock } from '../../../machinery/clock.js'
import type { Logger } from '../../../telemetry/logger.js'
import { type NetworkManager, type PodNetwork, removeLeftovers } from '../../network/network-manager.js'
import type { PodAddressing } from '../../network/pod-addressing.js'
import { within } from '../../within.js'
import { type Runtime, RuntimeError } from '../runtime.js'
import { readGrantable } from './capabilities.js'
import { ClusterNetworks, removeNetworks } from './cluster-networks.js'
import { DockerNetwork } from './docker-network.js'
import { DockerRuntime, type DockerRuntimeDeps } from './docker-runtime.js'
import { asking, askingOnce } from './errors.js'
import { DockerEvents } from './events.js'
import { type HostPrograms, newFileRemover, newHostPrograms, untilProgramsEnded } from './host-programs.js'
import { DockerImages } from './images.js'
import { ownerFilter } from './labels.js'
import { openSubPathMounts } from './open-sub-path-mounts.js'
import { newPassage, type Passage } from './passage.js'
import { ensurePauseImage } from './pause-image.js'
import { relayIntoSandbox } from './relay.js'
import { removeContainer } from './remove-container.js'
import type { SubPathMounts } from './sub-path-mounts.js'

const run = promisify(execFile)

export interface DockerOptions {
  /** Names the cluster in labels, container names and the network. */
  cluster: string
  /** Default: DOCKER_HOST as dockerode reads it, else /var/run/docker.sock. */
  socketPath?: string
  /** The cluster's; given where this process is not root. */
  dataDirectory?: string
  /** How the addresses of pods are divided, where there are no networks of the cluster yet. */
  addressing: PodAddressing
  /** How pods get their network, where that is not Docker's matter. */
  openNetwork?(): Promise<NetworkManager>
  /** Where executables may be put on Linux; without it, Docker follows the paths of subPaths itself. */
  programs?: string
  clock: Clock
  log: Logger
}

export interface NodeRuntimeOptions {
  /** Address on which ports published by pods of this node listen; default: all. */
  hostPortAddress?: string
}

/** A client of the daemon; nothing is asked yet. */
export async function openDocker(socketPath: string | undefined): Promise<Docker> {
  const { default: DockerClient } = await import('dockerode')
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 16 })
  // docker-modem prints what it sends, the agent with all its sockets included, for a log that is off: most of what a pod costs us.
  Object.assign(agent, { [inspect.custom]: () => 'Agent' })
  return new DockerClient({ ...(socketPath && { socketPath }), agent } as Docker.DockerOptions)
}

/** Whether the daemon may lower a score: in sandboxed machines it may not, and then no container can start with a negative one. */
async function mayLowerOomScore(): Promise<boolean> {
  if (process.getuid?.() !== 0) return (await readGrantable())?.includes('SYS_RESOURCE') !== false
  const file = '/proc/self/oom_score_adj'
  try {
    const before = await readFile(file, 'utf8')
    await writeFile(file, String(Number(before) - 1))
    await writeFile(file, before.trim())
    return true
  } catch {
    return false
  }
}

export class DockerEngine {
  readonly #docker: Docker
  readonly #options: DockerOptions
  readonly #images: DockerImages
  readonly #events: DockerEvents
  readonly #network: NetworkManager
  readonly version: string
  readonly #pauseImage: string
  readonly #oom: { mayLower: boolean }
  readonly #grantable: readonly string[] | undefined
  readonly #subPaths: SubPathMounts
  readonly #asUser: Pick<DockerRuntimeDeps, 'removeFiles' | 'relayInto'>

  private constructor(docker: Docker, options: DockerOptions, facts: EngineFacts) {
    this.#docker = docker
    this.#options = options
    this.#network = facts.network
    this.version = facts.version
    this.#pauseImage = facts.pauseImage
    this.#oom = { mayLower: facts.mayLower }
    this.#grantable = facts.grantable
    this.#images = new DockerImages(docker)
    const watched = (standing: boolean) => {
      this.#images.watched = standing
      this.#images.forget()
    }
    this.#subPaths = openSubPathMounts(docker, { ...options, pauseImage: facts.pauseImage })
    this.#asUser = options.dataDirectory ? withoutRoot(docker, options, facts) : {}
    this.#events = new DockerEvents({ docker, clock: options.clock, log: options.log, watched })
  }

  /** Connects and makes what the cluster needs. Rejects with kind `unavailable` when no daemon answers. */
  static async connect(options: DockerOptions): Promise<DockerEngine> {
    const docker = await openDocker(options.socketPath)
    const { Version } = await firstAnswer(docker, options.clock)
    const [network, pauseImage, mayLower, grantable] = await Promise.all([
      openNetwork(docker, options),
      ensurePauseImage(docker),
      mayLowerOomScore(),
      readGrantable(),
    ])
    const engine = new DockerEngine(docker, options, { version: Version, network, pauseImage, mayLower, grantable })
    if (options.openNetwork) await removeLeftovers(network, await engine.#sandboxes())
    return engine
  }

  get podNetwork(): PodNetwork {
    return this.#network.podNetwork
  }

  async #sandboxes(): Promise<ReadonlySet<string>> {
    const filters = { label: ownerFilter(this.#options.cluster), status: ['running'] }
    return new Set((await asking(this.#docker.listContainers({ filters }))).map(({ Id }) => Id))
  }

  /** The runtime of one node: it sees only what it labelled itself. */
  runtimeFor(node: string, { hostPortAddress }: NodeRuntimeOptions = {}): Runtime {
    return new DockerRuntime({
      docker: this.#docker,
      owner: { cluster: this.#options.cluster, node },
      images: this.#images,
      events: this.#events,
      clock: this.#options.clock,
      version: this.version,
      network: this.#network,
      ...(this.#network instanceof DockerNetwork && { dockerNetwork: this.#network }),
      pauseImage: this.#pauseImage,
      oom: this.#oom,
      subPaths: this.#subPaths,
      ...(this.#grantable && { grantable: this.#grantable }),
      ...this.#asUser,
      ...(hostPortAddress && { hostPortAddress }),
    })
  }

  /** Runs programs of this machine as root, as whoever may use Docker can; `atEnd` is a command of the shell for when this process is gone. */
  hostPrograms(directory: string, atEnd: string): HostPrograms {
    const { cluster } = this.#options
    return newHostPrograms(this.#docker, { cluster, pauseImage: this.#pauseImage, name: 'host', directory, atEnd })
  }

  /** Removes every container, volume and network of the cluster, whichever node made it. */
  async removeAll(): Promise<void> {
    if (this.#options.openNetwork) await this.#network.tearDown()
    await removeAllOf(this.#docker, this.#options)
  }
}

/** A daemon that hangs is as good as none. */
const longestFirstAnswerMs = 20_000

function firstAnswer(docker: Docker, clock: Clock): Promise<Docker.DockerVersion> {
  const late = `no answer within ${longestFirstAnswerMs / 1000} s`
  return within(asking(docker.version()), longestFirstAnswerMs, clock, late).catch(error => {
    throw error instanceof RuntimeError ? error : new RuntimeError('unavailable', late)
  })
}

interface EngineFacts {
  version: string
  network: NetworkManager
  pauseImage: string
  mayLower: boolean
  grantable: readonly string[] | undefined
}

type PassageOptions = Pick<DockerOptions, 'cluster' | 'dataDirectory'>

/** By the programs of this machine: run as ourselves or, where we are not root, in a container. */
const passageOf = (docker: Docker, { cluster, dataDirectory }: PassageOptions): Passage =>
  newPassage(async use => {
    if (!dataDirectory) return use((program, args) => run(program, [...args]))
    const place = { cluster, name: 'passage', directory: join(dataDirectory, 'programs'), atEnd: '' }
    const programs = newHostPrograms(docker, { ...place, pauseImage: await ensurePauseImage(docker) })
    return use((program, args) => programs.run(program, args)).finally(() => programs.stop())
  })

async function openNetwork(docker: Docker, options: DockerOptions): Promise<NetworkManager> {
  if (options.openNetwork) return options.openNetwork()
  const isLocal = process.platform === 'linux' && !/^(tcp|ssh|http)/.test(process.env.DOCKER_HOST ?? '')
  const { cluster, addressing, log } = options
  const place = { cluster, isLocal, log, addressing, passage: passageOf(docker, options) }
  return new DockerNetwork(docker, await ClusterNetworks.open(docker, place))
}

async function removeAllOf(docker: Docker, options: PassageOptions & { node?: string }): Promise<void> {
  const { cluster, node } = options
  const filters = { label: ownerFilter(cluster, node) }
  const containers = await asking(docker.listContainers({ all: true, filters }))
  await Promise.all(containers.map(({ Id }) => removeContainer(docker.getContainer(Id))))
  const { Volumes } = await asking(docker.listVolumes({ filters }))
  await Promise.all((Volumes ?? []).map(({ Name }) => askingOnce(docker.getVolume(Name).remove())))
  if (node === undefined) await removeNetworks(docker, { cluster, passage: passageOf(docker, options) })
}

/** As DockerEngine.removeAll, for a cluster that does not run, or for one `node` alone: makes nothing first. */
export async function removeOwned(
  options: PassageOptions & Pick<DockerOptions, 'socketPath' | 'openNetwork'> & { node?: string },
): Promise<void> {
  const docker = await openDocker(options.socketPath)
  if (options.node === undefined) await untilProgramsEnded(docker, options.cluster)
  await options.openNetwork?.().then(network => network.tearDown())
  await removeAllOf(docker, options)
}

type FilesOf = Required<Pick<DockerOptions, 'cluster' | 'dataDirectory'>>

/** Removes what is below the data directory, also what containers wrote there as root. */
function fileRemover(docker: Docker, { cluster, dataDirectory, pauseImage }: FilesOf & { pauseImage: string }) {
  const places = { directory: join(dataDirectory, 'programs'), writable: dataDirectory }
  return newFileRemover(docker, { ...places, cluster, pauseImage, name: 'files', atEnd: '' })
}

/** What a process that is root does itself. */
const withoutRoot = (docker: Docker, { cluster, dataDirectory = '' }: DockerOptions, { pauseImage }: EngineFacts) => ({
  removeFiles: fileRemover(docker, { cluster, dataDirectory, pauseImage }),
  relayInto: relayIntoSandbox(docker, { cluster, pauseImage }),
})

/** Removes files below the data directory of a cluster that does not run, whoever they belong to. */
export async function removeFilesAsRoot(options: FilesOf, paths: readonly string[]): Promise<void> {
  const docker = await openDocker(undefined)
  const remove = fileRemover(docker, { ...options, pauseImage: await ensurePauseImage(docker) })
  await Promise.all(paths.map(remove))
}
