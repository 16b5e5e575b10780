/** All controllers of the control plane, started together over shared informers: what kube-controller-manager is upstream. */
import type { Client } from '../client/client.js'
import { type InformerFactory, newInformerFactory } from '../client/informer-factory.js'
import { WorkqueueMetrics } from '../client/workqueue-metrics.js'
import type { Clock, Random } from '../machinery/clock.js'
import type { Logger } from '../telemetry/logger.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { chosenCollector, chosenControllers } from './catalogue.js'
import type { NodeCidrOptions } from './node-ipam/cidr-ledger.js'
import type { VolumeDirectory } from './persistent-volume/host-path.js'
import type { RunningController } from './runtime/controller.js'
import type { TokenSecrets } from './serviceaccount/tokens.js'

export interface ControllersOptions {
  /** Reads for all: acts as `system:kube-controller-manager`, which may list and watch everything. */
  client: Client
  /** Acts as `system:serviceaccount:kube-system:<name>`, e.g. `deployment-controller`. */
  clientFor(serviceAccount: string): Client
  clock: Clock
  random: Random
  log: Logger
  /** Where the metrics of workqueues and controllers go. */
  metrics?: MetricRegistry
  /** PEM of the cluster's CA, published to every namespace. */
  rootCa: string
  /** PEM of the CA's key: signs what CertificateSigningRequests ask for. Without it no certificates are issued. */
  rootKey?: string
  /** Signs the tokens of service accounts that are kept in secrets; without it none are made. */
  signToken?: TokenSecrets['sign']
  /** Where volumes are made for claims of our own class; without it none are. */
  volumes?: VolumeDirectory
  /** How long a node may be silent before it counts as lost; default 50 s. */
  nodeMonitorGraceMs?: number | undefined
  /** Networks that nodes are given, once they are known; without it they are given none. */
  nodeCidrs?: Promise<NodeCidrOptions | undefined> | undefined
  /** After so long without use, a token kept in a secret goes; default a year. */
  tokenCleanUpMs?: number | undefined
  /** Which of them run, as kube-controller-manager's `--controllers` says it. Default: all. */
  choice?: readonly string[]
}

export interface RunningControllers {
  /** The shared caches, for whoever runs in the same process. */
  readonly informers: InformerFactory
  /** Takes no further work; resolves when the work at hand is finished. */
  stop(): Promise<void>
}

/** The collector follows every kind there is: it begins when the others have their caches, or after this long. */
const collectorDelayMs = 5_000

export function startControllers(options: ControllersOptions): RunningControllers {
  const { client, clientFor, clock, random, log, rootCa, rootKey, signToken, volumes, choice = ['*'] } = options
  const { nodeMonitorGraceMs, nodeCidrs, tokenCleanUpMs } = options
  const tokens = signToken && { client, sign: signToken }
  const informers = newInformerFactory({ client, clock, random, log })
  const metrics = options.metrics && new WorkqueueMetrics(options.metrics)
  const deps = { informers, clientFor, clock, random, log, metrics, registry: options.metrics }
  const running: RunningController[] = chosenControllers(choice, {
    rootCa,
    rootKey,
    tokens,
    volumes,
    nodeMonitorGraceMs,
    nodeCidrs,
    tokenCleanUpMs,
  }).map(controller => controller.start(deps))
  informers.start()

  let stopped = false
  const startCollector = () => {
    timer.cancel()
    if (collector && !stopped && !collecting) running.push(collector.start(deps))
    collecting = true
  }
  let collecting = false
  const collector = chosenCollector(choice)
  const timer = clock.after(collectorDelayMs, startCollector)
  void informers.synced().then(startCollector)

  return {
    informers,
    async stop() {
      stopped = true
      timer.cancel()
      informers.stop()
      await Promise.all(running.map(controller => controller.stop()))
    },
  }
}
