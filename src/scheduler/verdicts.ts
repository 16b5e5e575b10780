/** What becomes of a pod that got no node: back into the queue, with a condition and an event that say why. */
import type { Pod } from '../apis/generated/core-v1.js'
import type { EventRecorder } from '../client/event-recorder.js'
import type { Informer } from '../client/informer.js'
import type { Clock } from '../machinery/clock.js'
import type { Logger } from '../telemetry/logger.js'
import { truncateNote } from './diagnosis.js'
import type { SchedulerMetrics } from './metrics.js'
import type { Nominator } from './nominator.js'
import { newPodInfo } from './pod-info.js'
import type { PodWrites } from './pod-writes.js'
import type { QueuedPod, SchedulingQueue } from './queue.js'

export interface VerdictsDeps {
  queue: SchedulingQueue
  nominator: Nominator
  metrics: SchedulerMetrics
  clock: Clock
  log: Logger
  writes: PodWrites
  pods: Informer<Pod>
  recorderOf(schedulerName: string): EventRecorder
}

export class Verdicts {
  constructor(private readonly deps: VerdictsDeps) {}

  /** It fits nowhere. `nominatedNode`: undefined leaves it, `''` clears it. */
  turnAway(
    queued: QueuedPod,
    started: number,
    verdict: { message: string; plugins: ReadonlySet<string>; nominatedNode?: string },
  ): void {
    const { metrics, queue, nominator } = this.deps
    metrics.attempted(queued.info.schedulerName, 'unschedulable', this.secondsSince(started))
    const pod = this.latest(queued)
    if (!pod) return
    queue.addUnschedulable(queued, verdict.plugins)
    if (verdict.nominatedNode !== undefined) nominator.nominate(queued.info, verdict.nominatedNode)
    this.report(pod, { reason: 'Unschedulable', message: verdict.message, nominatedNode: verdict.nominatedNode })
  }

  /** Something went wrong; no verdict on the pod. */
  fail(queued: QueuedPod, started: number, error: Error): void {
    const { metrics, queue, log } = this.deps
    metrics.attempted(queued.info.schedulerName, 'error', this.secondsSince(started))
    log.error({ pod: queued.info.key, err: error }, 'Error scheduling pod; retrying')
    const pod = this.latest(queued)
    if (!pod) return
    queue.addFailed(queued)
    this.report(pod, { reason: 'SchedulerError', message: error.message })
  }

  private secondsSince = (started: number): number => (this.deps.clock.monotonic() - started) / 1000

  /** The pod as it is now; undefined when it is gone, or has a node by now. */
  private latest(queued: QueuedPod): Pod | undefined {
    const { namespace, name = '' } = queued.info.pod.metadata
    const pod = this.deps.pods.get({ namespace, name })
    if (!pod || pod.metadata.uid !== queued.info.uid || pod.spec.nodeName) return undefined
    if (pod !== queued.info.pod) queued.info = newPodInfo(pod)
    return pod
  }

  private report(pod: Pod, about: { reason: string; message: string; nominatedNode?: string | undefined }): void {
    const { reason, message, nominatedNode } = about
    const recorder = this.deps.recorderOf(pod.spec.schedulerName ?? 'default-scheduler')
    recorder.event(pod, 'Warning', 'FailedScheduling', truncateNote(message))
    const condition = { type: 'PodScheduled', status: 'False', reason, message } as const
    this.deps.writes
      .updateStatus(pod, condition, nominatedNode)
      .catch(error => this.deps.log.warn({ err: String(error) }, 'Error updating pod'))
  }
}
