/** The node agent: registers a node, runs the pods bound to it, and answers for them. */
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Pod, Taint } from '../apis/generated/core-v1.js'
import type { Client } from '../client/client.js'
import { type EventRecorder, newEventRecorder } from '../client/event-recorder.js'
import { type Informer, newInformer } from '../client/informer.js'
import type { Clock, Random } from '../machinery/clock.js'
import type { NodeApi } from '../machinery/node-api.js'
import { quantityValue } from '../machinery/quantity.js'
import type { Logger } from '../telemetry/logger.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { KeyedBackoff } from './backoff.js'
import type { EvictionConfig, Evictor } from './eviction/evictor.js'
import { type EvictionDeps, newEvictor } from './eviction/start-eviction.js'
import { userCredentials } from './images/docker-config.js'
import type { ImageName } from './images/image-name.js'
import { ImagePuller } from './images/image-puller.js'
import { type ImagePolicy, PulledImages } from './images/pulled-images.js'
import {
  claimKind,
  configMapKind,
  persistentVolumeKind,
  podKind,
  resourceClaimKind,
  secretKind,
  serviceKind,
} from './kinds.js'
import { newKubeletMetrics } from './metrics.js'
import { refusalOf, resizeRefusalOf } from './node/admission.js'
import { type Machine, readMachine } from './node/machine.js'
import { capacityOf } from './node/node-object.js'
import { NodeReporter } from './node/node-reporter.js'
import { PodCidrs } from './node/pod-cidrs.js'
import { reservedOf } from './node/reserved.js'
import { newObjectCache } from './object-cache.js'
import { removeOrphans } from './orphans.js'
import type { PodDeps } from './pods/pod-deps.js'
import { PodWorker } from './pods/pod-worker.js'
import { type DnsConfig, parseResolvConf } from './pods/resolv-conf.js'
import { newRemoveFiles, type RemoveFiles } from './remove-files.js'
import type { Runtime } from './runtime/runtime.js'
import type { PodRef } from './runtime/types.js'
import { RuntimeCache } from './runtime-cache.js'
import { NodeServer, type ServingOptions } from './server/node-server.js'
import { isMirror, StaticPods } from './static-pods/static-pods.js'
import { readFileSystem } from './stats/machine-stats.js'
import { StatusWriter } from './status/status-writer.js'
import { withTerminationMessage } from './termination-message.js'
import { newTokenSource } from './volumes/token-source.js'

export interface KubeletDeps {
  client: Client
  /** Of this node. */
  runtime: Runtime
  clock: Clock
  random: Random
  log: Logger
  metrics: MetricRegistry
  /** The kubelet's own HTTPS server; absent: only the API server of this process reaches the node. */
  serving?: ServingOptions
}

export interface KubeletConfig {
  nodeName: string
  /** Default: the node's name. */
  hostname?: string
  /** InternalIPs, the primary one first; pods and the API server reach the node by them. */
  addresses: readonly string[]
  /** Of this node alone: pods' files are below it. Made absolute. */
  dataDirectory: string
  labels?: Readonly<Record<string, string>>
  taints?: readonly Taint[]
  /** Replaces parts of what the machine has, such as `{ pods: '500' }`. */
  capacity?: Readonly<Record<string, string>>
  /** Where Docker's client keeps what users logged in with. */
  dockerConfigDirectory?: string
  /** Absent: the node is never short of anything. */
  eviction?: EvictionConfig
  /** When images that were pulled go again; absent: only when the disk is so full that pods go. */
  imagePolicy?: ImagePolicy
  /** What of the machine pods are not given, by resource: for the system, and for the kubelet. */
  systemReserved?: Readonly<Record<string, string>>
  kubeReserved?: Readonly<Record<string, string>>
  /** Pods are also run from files in it. */
  podManifestPath?: string
  /** Empty where the cluster has no DNS service: pods use the host's then. */
  clusterDns?: readonly string[]
  /** Default `cluster.local`. */
  clusterDomain?: string
  /** The host's resolver configuration. Default `/etc/resolv.conf`. */
  resolvConf?: string
  /** Of the HTTPS server, or a free one where it is taken; told in the node's daemonEndpoints. Default 10250. */
  port?: number
}

export interface Kubelet {
  readonly nodeApi: NodeApi
  /** Resolves when the node is registered and what runs already is known. */
  readonly started: Promise<void>
  /** Stops looking after the pods; containers keep running. */
  stop(): Promise<void>
}

const defaultPort = 10250
const leaveImages: ImagePolicy = { highPercent: 100, lowPercent: 100, minimumAgeMs: 0, maximumAgeMs: 0 }

/** Begins at once; failures to reach the API are retried until `stop`. */
export function startKubelet(deps: KubeletDeps, config: KubeletConfig): Kubelet {
  const node = new NodeAgent(deps, config)
  return { nodeApi: node.nodeApi, started: node.start(), stop: () => node.stop() }
}

class NodeAgent {
  readonly #deps: KubeletDeps
  readonly #config: KubeletConfig
  readonly #dataDirectory: string
  readonly #podsDirectory: string
  readonly #removeFiles: RemoveFiles
  readonly #workers = new Map<string, PodWorker>()
  readonly #cache: RuntimeCache
  readonly #events: EventRecorder
  readonly #pods: Informer<Pod>
  readonly #server: NodeServer
  readonly #podCidrs: PodCidrs | undefined
  #reporter: NodeReporter | undefined
  #machine: Machine | undefined
  #port = defaultPort
  #podDeps: PodDeps | undefined
  #static: StaticPods | undefined
  readonly #pulled: PulledImages
  readonly #evictor: Evictor | undefined
  #stops: (() => void)[] = []
  #stopped = false

  constructor(deps: KubeletDeps, config: KubeletConfig) {
    this.#deps = { ...deps, log: deps.log.child({ node: config.nodeName }) }
    this.#config = config
    this.#dataDirectory = resolve(config.dataDirectory)
    this.#podsDirectory = join(this.#dataDirectory, 'pods')
    this.#removeFiles = newRemoveFiles(deps.runtime)
    this.#cache = new RuntimeCache({
      ...this.#deps,
      enrich: status => withTerminationMessage(deps.runtime, status),
      changed: (pod: PodRef) => this.#workers.get(pod.uid)?.wake(),
      imagesChanged: () => this.#reporter?.refresh(),
    })
    this.#events = newEventRecorder({ ...this.#deps, component: 'kubelet', host: config.nodeName })
    this.#server = new NodeServer({
      ...this.#deps,
      cache: this.#cache,
      nodeName: config.nodeName,
      dataDirectory: this.#dataDirectory,
      runtimeName: () => this.#runtimeName,
      machine: () => this.#machine,
      pods: () => [...this.#workers.values()].map(({ pod, status }) => ({ pod, status })),
      configuration: () => ({ port: this.#port, clusterDNS: config.clusterDns, clusterDomain: config.clusterDomain }),
    })
    this.#pulled = this.#newPulledImages(config.imagePolicy ?? leaveImages)
    this.#evictor = config.eviction && newEvictor(this.#evictionDeps(), config.eviction)
    if (deps.runtime.wantsPodCidrs)
      this.#podCidrs = new PodCidrs(this.#deps, config.nodeName, () => this.#reporter?.refresh())
    this.#pods = newInformer(podKind, this.#deps, { fieldSelector: `spec.nodeName=${config.nodeName}` })
  }

  /** Scheme of container ids; known once the runtime has answered. */
  #runtimeName = ''

  #newPulledImages(policy: ImagePolicy): PulledImages {
    const deps = {
      ...this.#deps,
      readDisk: () => readFileSystem(this.#dataDirectory),
      used: () => this.#cache.all().flatMap(({ image, imageRef }) => [image, imageRef]),
      tell: (reason: string, message: string) => this.#reporter?.tell('Warning', reason, message),
    }
    return new PulledImages(deps, policy, join(this.#dataDirectory, 'pulled-images.json'))
  }

  #evictionDeps(): EvictionDeps {
    return {
      ...this.#deps,
      cache: this.#cache,
      stats: this.#server.stats,
      images: this.#pulled,
      reporter: () => this.#reporter,
      workers: this.#workers,
      dataDirectory: this.#dataDirectory,
    }
  }

  get nodeApi(): NodeApi {
    return this.#server.api
  }

  async start(): Promise<void> {
    await mkdir(this.#podsDirectory, { recursive: true, mode: 0o750 })
    const [machine, version] = await Promise.all([
      readMachine(this.#dataDirectory),
      this.#deps.runtime.version(),
      this.#cache.start(),
    ])
    if (this.#stopped) return
    this.#runtimeName = version.name
    this.#machine = machine
    await this.#listen()
    this.#reporter = this.#newReporter(machine)
    this.#podDeps = this.#newPodDeps(machine, this.#reporter)
    await this.#evictor?.start()
    if (this.#config.imagePolicy) this.#pulled.start()
    this.#podCidrs?.start()
    await this.#startStaticPods(this.#reporter)
    this.#followPods()
    await this.#reporter.start()
  }

  async #listen(): Promise<void> {
    const { serving } = this.#deps
    const wanted = this.#config.port ?? defaultPort
    this.#port = (serving && (await this.#server.listen(serving, wanted))) || wanted
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#static?.stop()
    this.#evictor?.stop()
    this.#pulled.stop()
    await this.#server.stop()
    this.#pods.stop()
    this.#podCidrs?.stop()
    this.#cache.stop()
    this.#reporter?.stop()
    for (const stop of this.#stops) stop()
    await Promise.all([...this.#workers.values()].map(worker => worker.stop()))
  }

  #newReporter(machine: Machine): NodeReporter {
    const { nodeName, hostname = nodeName, addresses, labels = {}, taints = [], capacity = {} } = this.#config
    const kubeletPort = this.#port
    const { systemReserved: system = {}, kubeReserved: kube = {}, eviction } = this.#config
    const reserved = reservedOf(machine, { system, kube, thresholds: eviction?.thresholds ?? [] })
    return new NodeReporter(
      {
        ...this.#deps,
        events: this.#events,
        pressures: () => this.#evictor?.pressures ?? new Set(),
        networkProblem: () => this.#podCidrs?.problem,
      },
      { name: nodeName, hostname, addresses, labels, taints, capacity, machine, reserved, kubeletPort },
    )
  }

  #newPodDeps(machine: Machine, reporter: NodeReporter): PodDeps {
    const { client, runtime, clock, log } = this.#deps
    const { nodeName, addresses, clusterDns = [], clusterDomain = 'cluster.local', capacity = {} } = this.#config
    const services = newInformer(serviceKind, this.#deps)
    services.start()
    const wake = (uids: readonly string[]) => {
      for (const uid of uids) this.#workers.get(uid)?.wake()
    }
    const configMaps = newObjectCache(configMapKind, this.#deps, wake)
    const secrets = newObjectCache(secretKind, this.#deps, wake)
    const apiUid = (uid: string) => (this.#static?.has(uid) ? this.#static.mirrorUid(uid) : uid)
    const statuses = new StatusWriter({ client, clock, log, apiUid })
    const metrics = newKubeletMetrics(this.#deps.metrics)
    metrics.nodeName(nodeName)
    metrics.observeRunning(() => this.#countRunning())
    const allocatable = reporter.allocatable
    const podCidrs = this.#podCidrs
    this.#stops = [services, configMaps, secrets, statuses].map(part => () => part.stop())
    return {
      runtime,
      runtimeName: this.#runtimeName,
      cache: this.#cache,
      clock,
      log,
      events: this.#events,
      metrics,
      images: this.#newImagePuller(),
      statuses,
      configMaps,
      secrets,
      tokens: newTokenSource(this.#deps),
      claim: (namespace, name) => client.get(claimKind, { namespace, name }),
      persistentVolume: name => client.get(persistentVolumeKind, { name }),
      ...(this.#runtimeName !== 'sim' && {
        resourceClaim: (namespace: string, name: string) => client.get(resourceClaimKind, { namespace, name }),
      }),
      services: async () => {
        await services.synced
        return services.list()
      },
      node: {
        name: nodeName,
        addresses: () => addresses,
        allocatable: () => allocatable,
        memoryCapacity: quantityValue(capacityOf({ machine, capacity }).memory ?? '0'),
        ...(podCidrs && { podCidrs: () => podCidrs.known() }),
      },
      clusterDns: { servers: clusterDns, domain: clusterDomain },
      hostDns: () => this.#hostDns(),
      hostsFile: () => readFile('/etc/hosts', 'utf8').catch(() => ''),
      podsDirectory: this.#podsDirectory,
      removeFiles: this.#removeFiles,
      seccompDirectory: join(this.#dataDirectory, 'seccomp'),
      restarts: new KeyedBackoff(clock),
      admit: pod => this.#admit(pod, reporter),
      refuseResize: pod => resizeRefusalOf({ pod, others: this.#others(pod), allocatable: reporter.allocatable }),
    }
  }

  #newImagePuller(): ImagePuller {
    const { runtime, clock, log } = this.#deps
    const { dockerConfigDirectory: directory } = this.#config
    const nodeCredentials = directory && ((name: ImageName) => userCredentials(name, directory))
    const pulled = (image: string) => void this.#pulled.note(image).catch(() => {})
    return new ImagePuller({ runtime, clock, log, ...(nodeCredentials && { nodeCredentials }), pulled })
  }

  async #hostDns(): Promise<DnsConfig> {
    const path = this.#config.resolvConf ?? '/etc/resolv.conf'
    return parseResolvConf(await readFile(path, 'utf8').catch(() => ''))
  }

  #countRunning() {
    const running = this.#cache.all().filter(({ state }) => state === 'running')
    const pods = new Set(running.filter(({ type }) => type === 'sandbox').map(({ pod }) => pod.uid))
    return { pods: pods.size, containers: running.filter(({ type }) => type === 'container').length }
  }

  #others(pod: Pod): Pod[] {
    return [...this.#workers.values()]
      .filter(worker => worker.isAdmitted && worker.pod.metadata.uid !== pod.metadata.uid)
      .map(worker => worker.allocatedPod)
  }

  #admit(pod: Pod, reporter: NodeReporter) {
    return (
      this.#evictor?.refusalOf(pod) ??
      refusalOf({ pod, others: this.#others(pod), allocatable: reporter.allocatable, labels: reporter.labels })
    )
  }

  async #startStaticPods(reporter: NodeReporter): Promise<void> {
    const { podManifestPath, nodeName } = this.#config
    if (!podManifestPath) return
    const { client, clock, log } = this.#deps
    const nodeUid = () => reporter.uid
    const end = (uid: string) => this.#workers.get(uid)?.removed()
    const deps = { client, clock, log, nodeName, nodeUid, run: (pod: Pod) => this.#runStatic(pod), end }
    this.#static = new StaticPods(deps, resolve(podManifestPath))
    await this.#static.start()
  }

  #runStatic(pod: Pod): void {
    const known = this.#workers.get(pod.metadata.uid ?? '')
    if (known) known.update(pod)
    else this.#added(pod)
  }

  #followPods(): void {
    this.#pods.addHandler({
      add: pod => (isMirror(pod) ? this.#static?.seen(pod) : this.#added(pod)),
      update: pod => (isMirror(pod) ? this.#static?.seen(pod) : this.#worker(pod).update(pod)),
      delete: pod => (isMirror(pod) ? this.#static?.gone(pod) : this.#workers.get(pod.metadata.uid ?? '')?.removed()),
    })
    this.#pods.start()
    void this.#pods.synced.then(() => this.#removeOrphans())
  }

  async #removeOrphans(): Promise<void> {
    if (this.#stopped) return
    const { runtime, log } = this.#deps
    const isKnown = (uid: string) => this.#workers.has(uid) || this.#static?.has(uid) === true
    const places = { podsDirectory: this.#podsDirectory, removeFiles: this.#removeFiles }
    await removeOrphans({ runtime, log, cache: this.#cache, isKnown, ...places })
  }

  #added(pod: Pod): void {
    const worker = this.#worker(pod)
    // A deletion that came before us is told by the first update.
    worker.update(pod)
    worker.wake()
  }

  #worker(pod: Pod): PodWorker {
    const uid = pod.metadata.uid ?? ''
    const existing = this.#workers.get(uid)
    if (existing) return existing
    const worker = new PodWorker(pod, this.#podDeps!, () => this.#workers.delete(uid))
    this.#workers.set(uid, worker)
    return worker
  }
}
