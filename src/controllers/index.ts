/** All controllers of the control plane, started together over shared informers: what kube-controller-manager is upstream. */
import type { Client } from '../client/client.js'
import { type InformerFactory, newInformerFactory } from '../client/informer-factory.js'
import { WorkqueueMetrics } from '../client/workqueue-metrics.js'
import type { Clock, Random } from '../machinery/clock.js'
import type { Logger } from '../telemetry/logger.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { clusterRoleAggregationController } from './clusterrole-aggregation/controller.js'
import { cronJobController } from './cronjob/controller.js'
import { daemonSetController } from './daemonset/controller.js'
import { deploymentController } from './deployment/controller.js'
import { disruptionController, staleDisruptionController } from './disruption/controller.js'
import { endpointsController } from './endpoints/controller.js'
import { endpointSliceController } from './endpointslice/controller.js'
import { endpointSliceMirroringController } from './endpointslice-mirroring/controller.js'
import { garbageCollector } from './garbage-collector/controller.js'
import { jobController } from './job/controller.js'
import { jobOrphanPodController } from './job/orphan-pods.js'
import { namespaceController } from './namespace/controller.js'
import { nodeLifecycleController } from './node-lifecycle/controller.js'
import { podGarbageCollector } from './pod-gc/controller.js'
import { replicaSetController, replicationControllerController } from './replicaset/controller.js'
import { resourceQuotaController } from './resource-quota/controller.js'
import { rootCaController } from './root-ca/controller.js'
import type { Controller, RunningController } from './runtime/controller.js'
import { serviceCidrController } from './service-cidrs/controller.js'
import { serviceAccountController } from './serviceaccount/controller.js'
import { statefulSetController } from './statefulset/controller.js'
import { taintEvictionController } from './taint-eviction/controller.js'
import { ttlAfterFinishedController } from './ttl-after-finished/controller.js'
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from './volume-protection/controller.js'

export interface ControllersOptions {
  /** Reads for all: acts as `system:kube-controller-manager`, which may list and watch everything. */
  client: Client
  /** Acts as `system:serviceaccount:kube-system:<name>`, e.g. `deployment-controller`. */
  clientFor(serviceAccount: string): Client
  clock: Clock
  random: Random
  log: Logger
  /** Where the workqueue metrics go. */
  metrics?: MetricRegistry
  /** PEM of the cluster's CA, published to every namespace. */
  rootCa: string
}

export interface RunningControllers {
  /** The shared caches, for whoever runs in the same process. */
  readonly informers: InformerFactory
  /** Takes no further work; resolves when the work at hand is finished. */
  stop(): Promise<void>
}

const controllersFor = (rootCa: string): Controller[] => [
  serviceAccountController,
  rootCaController(rootCa),
  namespaceController,
  replicaSetController,
  replicationControllerController,
  deploymentController,
  daemonSetController,
  statefulSetController,
  jobController,
  jobOrphanPodController,
  cronJobController,
  ttlAfterFinishedController,
  endpointsController,
  endpointSliceController,
  nodeLifecycleController,
  taintEvictionController,
  podGarbageCollector,
  resourceQuotaController,
  disruptionController,
  staleDisruptionController,
  endpointSliceMirroringController,
  claimProtectionController,
  volumeProtectionController,
  attributesClassProtectionController,
  clusterRoleAggregationController,
  serviceCidrController,
]

/** The collector follows every kind there is: it begins when the others have their caches, or after this long. */
const collectorDelayMs = 5_000

export function startControllers(options: ControllersOptions): RunningControllers {
  const { client, clientFor, clock, random, log } = options
  const informers = newInformerFactory({ client, clock, random, log })
  const metrics = options.metrics && new WorkqueueMetrics(options.metrics)
  const deps = { informers, clientFor, clock, random, log, metrics }
  const running: RunningController[] = controllersFor(options.rootCa).map(controller => controller.start(deps))
  informers.start()

  let stopped = false
  const startCollector = () => {
    timer.cancel()
    if (!stopped && !collecting) running.push(garbageCollector.start(deps))
    collecting = true
  }
  let collecting = false
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
