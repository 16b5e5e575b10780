/** From the decision to the binding: what the pod needs is kept for it, made ready, and the pod is told to the API server. */
import type { EventRecorder } from '../client/event-recorder.js'
import type { Clock } from '../machinery/clock.js'
import { isReason } from '../machinery/status-error.js'
import type { Logger } from '../telemetry/logger.js'
import type { ClusterCache } from './cache.js'
import type { Extenders } from './extenders.js'
import type { Cluster, Plugin, Reservation } from './framework.js'
import type { SchedulerMetrics } from './metrics.js'
import type { Nominator } from './nominator.js'
import type { PodInfo } from './pod-info.js'
import type { PodWrites } from './pod-writes.js'
import type { QueuedPod, SchedulingQueue } from './queue.js'
import { reserveAll } from './reserve.js'

/** Bindings that may be under way at a time; the store commits together what arrives together. */
const maxBindings = 256

/** A pod's node, and what is kept for it there. */
export interface Placement {
  node: string
  reservation: Reservation | undefined
}

export interface BinderDeps {
  cache: ClusterCache
  cluster: Cluster
  queue: SchedulingQueue
  nominator: Nominator
  extenders: Extenders
  metrics: SchedulerMetrics
  clock: Clock
  log: Logger
  writes: PodWrites
  recorderOf(schedulerName: string): EventRecorder
  reserversOf(info: PodInfo): readonly Plugin[]
  fail(queued: QueuedPod, started: number, error: Error): void
  /** There is room for another binding. */
  wake(): void
}

export class Binder {
  private bindings = 0

  constructor(private readonly deps: BinderDeps) {}

  get isFull(): boolean {
    return this.bindings >= maxBindings
  }

  /** From here on the pod counts as there. Throws when a plugin cannot keep what it promised. */
  reserve(info: PodInfo, node: string): Placement {
    const { cache, cluster, nominator, reserversOf } = this.deps
    const found = cache.node(node)
    const reservation = found && reserveAll(reserversOf(info), info, { cluster, node: found })
    cache.assume(info, node)
    nominator.remove(info.uid)
    return { node, reservation }
  }

  async bind(queued: QueuedPod, { node, reservation }: Placement, started: number): Promise<void> {
    const { info } = queued
    const { clock, log, metrics, cache, queue, recorderOf, fail } = this.deps
    try {
      if (reservation) await reservation.preBind()
      await this.writeBinding(info, node)
      const now = clock.monotonic()
      metrics.attempted(info.schedulerName, 'scheduled', (now - started) / 1000)
      metrics.placed(queued.attempts, (now - (queued.firstAttempt ?? started)) / 1000)
      log.debug({ pod: info.key, node }, 'Successfully bound pod to node')
      const note = `Successfully assigned ${info.key} to ${node}`
      recorderOf(info.schedulerName).event(info.pod, 'Normal', 'Scheduled', note)
    } catch (error) {
      reservation?.unreserve()
      cache.forget(info.uid)
      queue.moveOn({ type: 'AssignedPodDelete', pod: info.pod })
      if (isReason(error, 'NotFound'))
        metrics.attempted(info.schedulerName, 'error', (clock.monotonic() - started) / 1000)
      else fail(queued, started, error as Error)
    }
  }

  /** Only these count as bindings under way: what is done before may take its time. */
  private async writeBinding(info: PodInfo, node: string): Promise<void> {
    const { extenders, writes, wake } = this.deps
    this.bindings++
    try {
      await (extenders.bind(info, node) ?? writes.bind(info.pod, node))
    } catch (error) {
      if (isReason(error, 'NotFound')) throw error
      throw new Error(`running Bind plugin "DefaultBinder": ${(error as Error).message}`)
    } finally {
      this.bindings--
      wake()
    }
  }
}
