/** What every controller is given, and what it gives back. */
import type { Client } from '../../client/client.js'
import type { EventRecorder } from '../../client/event-recorder.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { WorkqueueMetrics } from '../../client/workqueue-metrics.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { Cache } from './cache.js'

export interface ControllerDeps {
  /** Shared by all controllers; started by whoever made it. */
  informers: InformerFactory
  /** A client that acts as the controller of that name: `system:serviceaccount:kube-system:<name>`. */
  clientFor(serviceAccount: string): Client
  clock: Clock
  random: Random
  log: Logger
  metrics?: WorkqueueMetrics
  /** Where controllers put what they count themselves. */
  registry?: MetricRegistry
}

export interface RunningController {
  /** Takes no further work; resolves when the work at hand is finished. */
  stop(): Promise<void>
}

export interface Controller {
  readonly name: string
  /** Asks for its informers at once, and begins to work when they have synced. */
  start(deps: ControllerDeps): RunningController
}

/** At hand during one reconcile. */
export interface ReconcileContext {
  cache: Cache
  /** Writes through it hold the key back until the cache has seen them. */
  client: Client
  log: Logger
  recorder: EventRecorder
  clock: Clock
  random: Random
}
