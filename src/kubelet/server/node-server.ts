/** The kubelet's endpoints put together: what the API server asks in this process, and the HTTPS server for everybody else. */
import { uptime } from 'node:os'
import type { Pod, PodStatus } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { Clock } from '../../machinery/clock.js'
import type { NodeApi } from '../../machinery/node-api.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { Logger } from '../../telemetry/logger.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { Machine } from '../node/machine.js'
import { hasRunning } from '../pods/pod-state.js'
import type { Runtime } from '../runtime/runtime.js'
import type { RuntimeCache } from '../runtime-cache.js'
import { readMachineStats } from '../stats/machine-stats.js'
import { nodeUsageOf } from '../stats/node-usage.js'
import { StatsProvider } from '../stats/stats-provider.js'
import { Callers } from './callers.js'
import { type KubeletServer, type KubeletUpgrade, startKubeletServer } from './https-server.js'
import { newKubeletEndpoints } from './kubelet-endpoints.js'
import { newNodeApi } from './node-api.js'

/** How the HTTPS server is to be had; without it the API server's way in this process is the only one. */
export interface ServingOptions {
  address: string
  serving: KeyPair
  /** PEM of who signs certificates of callers. */
  clientCa: string
  /** Speaks SPDY and WebSocket; resolves when the connection has ended. */
  stream(upgrade: KubeletUpgrade, node: NodeApi): Promise<void>
}

export interface NodeServerDeps {
  client: Client
  runtime: Runtime
  clock: Clock
  log: Logger
  metrics: MetricRegistry
  cache: RuntimeCache
  nodeName: string
  dataDirectory: string
  /** Scheme of container ids; known once the runtime has answered. */
  runtimeName(): string
  /** Undefined until the machine was looked at. */
  machine(): Machine | undefined
  pods(): readonly { pod: Pod; status: PodStatus | undefined }[]
  configuration(): unknown
}

/** For metrics of pods, which metrics-server measures as often. */
const usageAgeMs = 15_000

/** Families of the registry by the beginnings of their names. */
async function metricsOf(registry: MetricRegistry, prefixes: readonly string[]): Promise<string> {
  const names = registry
    .getMetricsAsArray()
    .map(({ name }) => name)
    .filter(name => prefixes.some(prefix => name.startsWith(prefix)))
  const texts = await Promise.all(names.map(name => registry.getSingleMetricAsString(name)))
  return texts.map(text => `${text}\n`).join('')
}

export class NodeServer {
  readonly #deps: NodeServerDeps
  readonly api: NodeApi
  readonly stats: StatsProvider
  #server: KubeletServer | undefined

  constructor(deps: NodeServerDeps) {
    this.#deps = deps
    const { runtime, cache, clock, dataDirectory } = deps
    this.stats = new StatsProvider({ runtime, cache, clock, readMachine: () => readMachineStats(dataDirectory) })
    this.api = this.#newApi()
  }

  /** The port it listens on; undefined where it cannot: then only the API server reaches the node. */
  async listen({ address, serving, clientCa, stream }: ServingOptions, port: number): Promise<number | undefined> {
    const { client, clock, nodeName, log } = this.#deps
    const callers = new Callers({ client, clock, nodeName })
    const answer: Required<NodeApi>['answer'] = request => this.api.answer!(request)
    try {
      this.#server = await startKubeletServer(
        { callers, answer, stream: upgrade => stream(upgrade, this.api), log },
        { address, port, serving, clientCa },
      )
      return this.#server.port
    } catch (error) {
      log.info({ address, error: String(error) }, 'The kubelet has no server of its own')
      return undefined
    }
  }

  renew(serving: KeyPair): void {
    this.#server?.renew(serving)
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
  }

  #newApi(): NodeApi {
    const { deps, stats } = { deps: this.#deps, stats: this.stats }
    const own = newNodeApi({
      runtime: deps.runtime,
      get runtimeName() {
        return deps.runtimeName()
      },
      cache: deps.cache,
      pod: (namespace, name) =>
        deps.pods().find(({ pod }) => pod.metadata.name === name && pod.metadata.namespace === namespace),
    })
    const { cache, metrics, nodeName, clock } = deps
    const answer = newKubeletEndpoints({
      nodeName,
      api: own,
      pods: deps.pods,
      isRunning: ({ metadata }) => hasRunning(cache.state(metadata.uid ?? '')),
      stats,
      machine: () => deps.machine() ?? { cpus: 0, memory: 0, machineId: '', systemUuid: '', bootId: '' },
      bootTime: () => clock.now() - uptime() * 1000,
      metrics: prefixes => metricsOf(metrics, prefixes),
      configuration: deps.configuration,
    })
    return { ...own, answer, usage: async () => nodeUsageOf(await stats.withRates(usageAgeMs)) }
  }
}
