/** The container runtime that was asked for, opened once for all nodes. */
import { join } from 'node:path'
import { type PodNetwork, rangesOf } from '../../kubelet/network/network-manager.js'
import type { PodAddressing } from '../../kubelet/network/pod-addressing.js'
import type { DockerEngine } from '../../kubelet/runtime/docker/engine.js'
import type { ImageStore } from '../../kubelet/runtime/process/image-store.js'
import { isRuntimeError, type Runtime } from '../../kubelet/runtime/runtime.js'
import type { ContainerConfig, PodRef } from '../../kubelet/runtime/types.js'
import type { RunProgram } from '../../network/run-program.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Configuration } from '../configuration.js'
import type { Owner } from '../instance.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'
import { type CniPlaces, choosePlugins, cniOpener } from './cni.js'
import { openIpv6 } from './ipv6.js'
import { checkAddresses, checkWithPlugins, podAddressingOf } from './pod-addressing.js'
import { keepRuntimeChoice, type RealRuntime, readRuntimeChoice } from './runtime-choice.js'

export interface RuntimeSource {
  runtimeFor(node: string): Runtime
  /** Nothing runs on its nodes. */
  isSimulated: boolean
  /** Addresses of the nodes as pods see them, of each family one. */
  nodeAddresses: readonly [string, ...string[]]
  /** Where pods are; where there are no real pods, there is none. */
  network?: PodNetwork
  /** For the user, where the choice was ours: what runs containers, and why. */
  notice?: string
  /** Lets go of what runs; it goes on. */
  close(): Promise<void>
  /** Runs programs of this machine as root though we are not; the last words are a command of the shell for when we are gone. */
  asRoot?(atEnd: string): { run: RunProgram; directory: string; stop(): Promise<void> }
  /** Removes all that this cluster has in the engine. */
  removeAll(): Promise<void>
}

const gatewaysOf = (network: PodNetwork) =>
  [...rangesOf(network).values()].map(({ gateway }) => gateway) as [string, ...string[]]

const simulatedNodeAddress = '10.89.0.1'
const simulatedPodSubnet = '10.90.0.0/16'
/** Containers run for ever, but for those that the others of their pod wait for. */
const byDefault = (_: PodRef, { isAwaited }: ContainerConfig) => (isAwaited ? { exitAfterMs: 0 } : {})

/** Of the pods of a cluster that are only simulated, on one node or thousands. */
export async function openSimulation({ simStages }: Configuration): Promise<RuntimeSource> {
  const [{ SimRuntime }, { newAddressPool }, { readSimStages, simOptionsOf }] = await Promise.all([
    import('../../kubelet/runtime/sim/sim-runtime.js'),
    import('../../kubelet/runtime/sim/address-pool.js'),
    import('../sim-stages.js'),
  ])
  const options = simOptionsOf(simStages ? await readSimStages(simStages) : {}, byDefault)
  const addresses = newAddressPool(simulatedPodSubnet)
  return {
    runtimeFor: () => new SimRuntime({ clock, addresses, ...options }),
    isSimulated: true,
    nodeAddresses: [simulatedNodeAddress],
    close: async () => {},
    removeAll: async () => {},
  }
}

/** Programs that run as root in a container of the engine. */
const asRootIn =
  (engine: Pick<DockerEngine, 'hostPrograms'>, directory: string): RuntimeSource['asRoot'] =>
  atEnd => {
    const programs = engine.hostPrograms(directory, atEnd)
    return { directory, run: (...call) => programs.run(...call), stop: () => programs.stop() }
  }

/** Where the daemon is looked for; dockerode reads the same variable. */
const dockerHost = (): string => process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'

interface Place {
  dataDir: string
  owner: Owner
  log: Logger
  /** Who plugs in pods, where it is others than we. */
  plugins: CniPlaces | undefined
  addressing: PodAddressing
}

async function openDocker(place: Place): Promise<RuntimeSource & { version: string }> {
  const { dataDir, owner, log, plugins, addressing } = place
  const { DockerEngine } = await import('../../kubelet/runtime/docker/engine.js')
  const isUser = process.platform === 'linux' && process.getuid?.() !== 0
  const dataDirectory = isUser ? dataDir : undefined
  const programs = process.platform === 'linux' ? join(dataDir, 'programs') : undefined
  const engine = await DockerEngine.connect({
    cluster: owner.cluster,
    clock,
    log,
    ...(dataDirectory && { dataDirectory }),
    ...(programs && { programs }),
    addressing,
    ...(plugins && { openNetwork: cniOpener(plugins, { owner, dataDir, ipv6: addressing.ipv6 }) }),
  })
  return {
    version: engine.version,
    runtimeFor: node => engine.runtimeFor(node),
    isSimulated: false,
    nodeAddresses: gatewaysOf(engine.podNetwork),
    network: engine.podNetwork,
    ...(dataDirectory && { asRoot: asRootIn(engine, programs!) }),
    close: async () => {},
    removeAll: () => engine.removeAll(),
  }
}

/** Where the process runtime keeps images, containers and logs. */
export const processDirectory = (dataDir: string): string => join(dataDir, 'runtime')

/** The images of the process runtime, whether the cluster runs or not. */
export async function processImages(dataDir: string): Promise<ImageStore> {
  const { imageDirectory } = await import('../../kubelet/runtime/process/process-engine.js')
  const { ImageStore } = await import('../../kubelet/runtime/process/image-store.js')
  return new ImageStore(imageDirectory(processDirectory(dataDir)))
}

async function openProcesses({ dataDir, owner, log, plugins, addressing }: Place): Promise<RuntimeSource> {
  const { ProcessEngine } = await import('../../kubelet/runtime/process/process-engine.js')
  const openNetwork = plugins && cniOpener(plugins, { owner, dataDir, ipv6: addressing.ipv6 })
  const place = { cluster: owner.id, directory: processDirectory(dataDir), clock, log, addressing }
  const engine = await ProcessEngine.open({ ...place, ...(openNetwork && { openNetwork }) })
  return {
    runtimeFor: node => engine.runtimeFor(node),
    isSimulated: false,
    nodeAddresses: gatewaysOf(engine.network.podNetwork),
    network: engine.network.podNetwork,
    close: () => engine.close(),
    removeAll: () => engine.removeAll(),
  }
}

/** Resolves with undefined where the engine is not to be had; `say` hears why. */
async function ifAvailable<T>(opening: Promise<T>, say: (why: string) => void): Promise<T | undefined> {
  try {
    return await opening
  } catch (error) {
    if (!isRuntimeError(error, 'unavailable')) throw error
    say((error as Error).message)
    return undefined
  }
}

const alternatives = '`--runtime sim` simulates containers, `--runtime none` starts no node.'

const noDocker = (why: string) =>
  `no Docker daemon answers at ${dockerHost()} (${why}).\n` +
  `Start Docker, set DOCKER_HOST to where it listens, or do without: \`--runtime process\` runs pods as processes of this machine (Linux, root), ${alternatives}`

const noProcesses = (why: string) => `pods cannot run as processes of this machine: ${why}. ${alternatives}`

async function openReal(name: RealRuntime, place: Place): Promise<RuntimeSource> {
  let why = ''
  const opening = name === 'docker' ? openDocker(place) : openProcesses(place)
  const source = await ifAvailable<RuntimeSource>(opening, text => {
    why = text
  })
  if (!source) throw new UserError(name === 'docker' ? noDocker(why) : noProcesses(why))
  return source
}

/** Docker where a daemon answers, processes otherwise. */
async function openAvailable(place: Place): Promise<{ name: RealRuntime; source: RuntimeSource }> {
  let noDaemon = ''
  let noNamespaces = ''
  const docker = await ifAvailable(openDocker(place), why => {
    noDaemon = why
  })
  if (docker) {
    const notice = `Containers run in Docker ${docker.version}, which answers at ${dockerHost()}.`
    return { name: 'docker', source: { ...docker, notice } }
  }
  const processes = await ifAvailable(openProcesses(place), why => {
    noNamespaces = why
  })
  if (!processes)
    throw new UserError(`${noDocker(noDaemon)}\nPods cannot run as processes of this machine: ${noNamespaces}.`)
  const notice =
    `Containers run as processes of this machine: no Docker daemon answers at ${dockerHost()}.\n` +
    'The image minik8s/demo is built in; others are pulled, or come by `minik8s image load FILE`.'
  return { name: 'process', source: { ...processes, notice } }
}

/** What ran the containers of this cluster before goes on to: they may still be there. */
async function openChosen(place: Place): Promise<RuntimeSource> {
  const kept = await readRuntimeChoice(place.dataDir)
  if (!kept) {
    const { name, source } = await openAvailable(place)
    await keepRuntimeChoice(place.dataDir, name)
    return source
  }
  const source = await openReal(kept, place).catch(error => {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`${error.message}\nThe containers of this cluster are there; \`minik8s down\` forgets them.`)
  })
  const notice =
    kept === 'process'
      ? 'Containers run as processes of this machine, as before; after `minik8s down`, Docker is looked for again.'
      : `Containers run in Docker, which answers at ${dockerHost()}.`
  return { ...source, notice }
}

/** Undefined when no nodes are wanted. Throws UserError when the engine cannot be reached. */
export async function openRuntime(
  config: Configuration,
  owner: Owner,
  log: Logger,
): Promise<RuntimeSource | undefined> {
  const { dataDir, runtime, nodes } = config
  if (runtime === 'none' || nodes === 0) return undefined
  if (runtime === 'sim') return openSimulation(config)
  const plugins = await choosePlugins(config)
  if (plugins) checkWithPlugins(config)
  const addressing = podAddressingOf(config, await openIpv6(config, owner.cluster, log))
  const place = { dataDir, owner, log, plugins, addressing }
  const source = await (runtime === 'auto' ? openChosen(place) : openReal(runtime, place))
  if (runtime !== 'auto') await keepRuntimeChoice(dataDir, runtime)
  if (!plugins) checkAddresses(config, source.network!)
  return source
}
