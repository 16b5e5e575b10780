/** The scheduler: gives each waiting pod the node that suits it best, one decision after the other, bindings side by side. */
import { node as nodeKind, pod as podKind } from '../apis/core-v1/index.js'
import type { Pod } from '../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../apis/generated/policy-v1.js'
import { podDisruptionBudget } from '../apis/policy-v1/index.js'
import type { Client } from '../client/client.js'
import { type EventRecorder, newEventRecorder } from '../client/event-recorder.js'
import type { Informer } from '../client/informer.js'
import type { InformerFactory } from '../client/informer-factory.js'
import type { Clock, Random } from '../machinery/clock.js'
import { isReason } from '../machinery/status-error.js'
import type { Logger } from '../telemetry/logger.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { ClusterCache } from './cache.js'
import { newClusterListers } from './cluster-listers.js'
import { newNodeHandler, newPodHandler } from './cluster-watch.js'
import { afterwards, explain, truncateNote } from './diagnosis.js'
import type { Cluster, Reservation, VolumeChange } from './framework.js'
import { newSchedulerMetrics, type SchedulerMetrics } from './metrics.js'
import { Nominator } from './nominator.js'
import { defaultPlugins } from './plugins/index.js'
import { newPodInfo, type PodInfo } from './pod-info.js'
import { PodWrites } from './pod-writes.js'
import { planPreemption } from './preemption.js'
import type { Candidate } from './preemption-candidates.js'
import { type QueuedPod, SchedulingQueue } from './queue.js'
import { reserveAll } from './reserve.js'
import { NodeSelector, type Selection } from './select-node.js'

export interface SchedulerDeps {
  client: Client
  /** Shared; whoever made it starts it. */
  informers: InformerFactory
  clock: Clock
  random: Random
  log: Logger
  metrics: MetricRegistry
  /** Pods of other schedulers are left alone. Default: `default-scheduler`. */
  schedulerName?: string
}

export interface Scheduler {
  /** Makes no further decision; bindings under way are left to finish. */
  stop(): void
}

/** Bindings that may be under way at a time; the store commits together what arrives together. */
const maxBindings = 256
/** After so long the loop lets others run. */
const turnMs = 5

/** A pod's node, and what is kept for it there. */
interface Placement {
  node: string
  reservation: Reservation | undefined
}

/** Begins once the informers have their first lists. */
export function startScheduler(deps: SchedulerDeps): Scheduler {
  const scheduler = new RunningScheduler(deps)
  void scheduler.start()
  return { stop: () => scheduler.stop() }
}

class RunningScheduler {
  private readonly name: string
  private readonly cache = new ClusterCache()
  private readonly nominator = new Nominator()
  private readonly queue: SchedulingQueue
  private readonly selector: NodeSelector
  private readonly cluster: Cluster
  private readonly pods: Informer<Pod>
  private readonly writes: PodWrites
  private readonly recorder: EventRecorder
  private readonly metrics: SchedulerMetrics
  private readonly budgets: () => readonly PodDisruptionBudget[]
  /** Pods for which victims are being deleted. */
  private readonly preempting = new Set<string>()
  private readonly synced: Promise<unknown>
  private readonly removeHandlers: (() => void)[]
  private bindings = 0
  private running = false
  private ready = false

  constructor(private readonly deps: SchedulerDeps) {
    const { client, clock, random, informers, metrics, schedulerName = 'default-scheduler' } = deps
    this.name = schedulerName
    this.queue = new SchedulingQueue({
      clock,
      plugins: defaultPlugins,
      isHeld: uid => this.preempting.has(uid),
      wake: () => this.wake(),
      onEnqueue: (queue, event) => this.metrics.enqueued(queue, event),
    })
    this.metrics = newSchedulerMetrics(metrics, schedulerName, { queue: () => this.queue, cache: this.cache })
    this.writes = new PodWrites(client, clock)
    this.recorder = newEventRecorder({ ...deps, component: schedulerName })
    const { cache, queue, nominator } = this
    const nodes = informers.informer(nodeKind)
    const budgets = informers.informer(podDisruptionBudget)
    this.pods = informers.informer(podKind)
    this.budgets = () => budgets.list()
    const watch = { cache, queue, nominator, schedulerName }
    const onChange = (change: VolumeChange) => queue.moveOn(change)
    const listers = newClusterListers(cache, { informers, client, clock, onChange })
    this.cluster = listers.cluster
    this.selector = new NodeSelector({ plugins: defaultPlugins, cluster: this.cluster, nominator, random })
    this.removeHandlers = [
      nodes.addHandler(newNodeHandler(watch)),
      this.pods.addHandler(newPodHandler(watch)),
      listers.stop,
    ]
    this.synced = informers.synced()
  }

  async start(): Promise<void> {
    await this.synced
    this.ready = true
    this.wake()
  }

  stop(): void {
    this.ready = false
    this.queue.close()
    for (const remove of this.removeHandlers) remove()
  }

  private wake(): void {
    if (!this.ready || this.running) return
    this.running = true
    void Promise.resolve().then(() => this.loop())
  }

  private async loop(): Promise<void> {
    const { clock, log } = this.deps
    try {
      let turnEnd = clock.monotonic() + turnMs
      while (this.ready && this.bindings < maxBindings) {
        const queued = this.queue.pop()
        if (!queued) break
        this.attempt(queued)
        if (clock.monotonic() < turnEnd) continue
        await new Promise<void>(resolve => setImmediate(resolve))
        turnEnd = clock.monotonic() + turnMs
      }
    } catch (error) {
      log.error({ err: error }, 'Scheduling failed')
    } finally {
      this.running = false
    }
  }

  /** One decision. An error in it must not lose the pod. */
  private attempt(queued: QueuedPod): void {
    const started = this.deps.clock.monotonic()
    try {
      if (this.cache.isAssumed(queued.info.uid)) return
      if (!this.cache.nodeList().length) {
        this.turnAway(queued, started, { message: 'no nodes available to schedule pods', plugins: new Set() })
        return
      }
      const selection = this.selector.select(queued.info)
      this.metrics.decided((this.deps.clock.monotonic() - started) / 1000)
      if (selection.node === undefined) this.notFound(queued, started, selection)
      else void this.bind(queued, this.reserve(queued.info, selection.node), started)
    } catch (error) {
      this.fail(queued, started, error as Error)
    }
  }

  private notFound(queued: QueuedPod, started: number, selection: Exclude<Selection, { node: string }>): void {
    const { cluster, nominator, budgets } = this
    const plan = planPreemption(queued.info, selection, { cluster, nominator, budgets, random: this.deps.random })
    this.metrics.preemptionAttempted()
    const { diagnosis } = selection
    const candidate = 'candidate' in plan ? plan.candidate : undefined
    const message = explain(diagnosis, 'message' in plan ? afterwards(diagnosis, plan.message) : '')
    const keeps = 'keepNomination' in plan && plan.keepNomination
    this.turnAway(queued, started, {
      message,
      plugins: diagnosis.plugins,
      ...(!keeps && { nominatedNode: candidate?.node ?? '' }),
    })
    if (candidate) void this.makeRoom(queued.info, candidate)
  }

  private turnAway(
    queued: QueuedPod,
    started: number,
    verdict: { message: string; plugins: ReadonlySet<string>; nominatedNode?: string },
  ): void {
    this.metrics.attempted('unschedulable', (this.deps.clock.monotonic() - started) / 1000)
    const pod = this.latest(queued)
    if (!pod) return
    this.queue.addUnschedulable(queued, verdict.plugins)
    if (verdict.nominatedNode !== undefined) this.nominator.nominate(queued.info, verdict.nominatedNode)
    this.report(pod, 'Unschedulable', verdict.message, verdict.nominatedNode)
  }

  private fail(queued: QueuedPod, started: number, error: Error): void {
    this.metrics.attempted('error', (this.deps.clock.monotonic() - started) / 1000)
    this.deps.log.error({ pod: queued.info.key, err: error }, 'Error scheduling pod; retrying')
    const pod = this.latest(queued)
    if (!pod) return
    this.queue.addFailed(queued)
    this.report(pod, 'SchedulerError', error.message)
  }

  /** The pod as it is now; undefined when it is gone, or has a node by now. */
  private latest(queued: QueuedPod): Pod | undefined {
    const { namespace, name = '' } = queued.info.pod.metadata
    const pod = this.pods.get({ namespace, name })
    if (!pod || pod.metadata.uid !== queued.info.uid || pod.spec.nodeName) return undefined
    if (pod !== queued.info.pod) queued.info = newPodInfo(pod)
    return pod
  }

  private report(pod: Pod, reason: string, message: string, nominatedNode?: string): void {
    this.recorder.event(pod, 'Warning', 'FailedScheduling', truncateNote(message))
    const condition = { type: 'PodScheduled', status: 'False', reason, message } as const
    this.writes
      .updateStatus(pod, condition, nominatedNode)
      .catch(error => this.deps.log.warn({ err: String(error) }, 'Error updating pod'))
  }

  /** From here on the pod counts as there. */
  private reserve(info: PodInfo, node: string): Placement {
    const found = this.cache.node(node)
    const reservation = found && reserveAll(defaultPlugins, info, { cluster: this.cluster, node: found })
    this.cache.assume(info, node)
    this.nominator.remove(info.uid)
    return { node, reservation }
  }

  private async bind(queued: QueuedPod, { node, reservation }: Placement, started: number): Promise<void> {
    const { info } = queued
    const { clock, log } = this.deps
    try {
      await reservation?.preBind()
      await this.writeBinding(info, node)
      const now = clock.monotonic()
      this.metrics.attempted('scheduled', (now - started) / 1000)
      this.metrics.placed(queued.attempts, (now - (queued.firstAttempt ?? started)) / 1000)
      log.debug({ pod: info.key, node }, 'Successfully bound pod to node')
      this.recorder.event(info.pod, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${node}`)
    } catch (error) {
      reservation?.unreserve()
      this.cache.forget(info.uid)
      this.queue.moveOn({ type: 'AssignedPodDelete', pod: info.pod })
      if (isReason(error, 'NotFound')) this.metrics.attempted('error', (clock.monotonic() - started) / 1000)
      else this.fail(queued, started, error as Error)
    }
  }

  /** Only these count as bindings under way: what is done before may take its time. */
  private async writeBinding({ pod }: PodInfo, node: string): Promise<void> {
    this.bindings++
    try {
      await this.writes.bind(pod, node)
    } catch (error) {
      if (isReason(error, 'NotFound')) throw error
      throw new Error(`running Bind plugin "DefaultBinder": ${(error as Error).message}`)
    } finally {
      this.bindings--
      this.wake()
    }
  }

  /** Deletes the victims. The pod is not tried before the last of them is asked to go, whose end is the event to wait for. */
  private async makeRoom(info: PodInfo, { node, victims }: Candidate): Promise<void> {
    const { log } = this.deps
    this.metrics.preempted(victims.length)
    this.preempting.add(info.uid)
    const preempt = async (victim: PodInfo) => {
      await this.writes.preempt(victim.pod, this.name)
      this.recorder.event(victim.pod, 'Normal', 'Preempted', `Preempted by pod ${info.uid} on node ${node}`)
    }
    try {
      await this.clearLesserNominations(info, node)
      await Promise.all(victims.slice(0, -1).map(preempt))
      this.preempting.delete(info.uid)
      await Promise.all(victims.slice(-1).map(preempt))
    } catch (error) {
      log.warn({ pod: info.key, err: String(error) }, 'Error occurred during preemption')
      this.preempting.delete(info.uid)
      this.queue.activate(info.uid)
    }
  }

  /** Pods of lower priority that wait for this node may no longer fit there. */
  private async clearLesserNominations(info: PodInfo, node: string): Promise<void> {
    for (const other of [...this.nominator.on(node)]) {
      if (other.priority >= info.priority) continue
      this.nominator.remove(other.uid)
      await this.writes.updateStatus(other.pod, undefined, '')
    }
  }
}
