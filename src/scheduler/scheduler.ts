/** The scheduler: gives each waiting pod the node that suits it best, one decision after the other, bindings side by side. */
import { node as nodeKind, pod as podKind } from '../apis/core-v1/index.js'
import type { Pod } from '../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../apis/generated/policy-v1.js'
import { podDisruptionBudget } from '../apis/policy-v1/index.js'
import type { Client } from '../client/client.js'
import { newEventRecorder } from '../client/event-recorder.js'
import type { Informer } from '../client/informer.js'
import type { InformerFactory } from '../client/informer-factory.js'
import type { Clock, Random } from '../machinery/clock.js'
import type { Logger } from '../telemetry/logger.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { Binder } from './binder.js'
import { ClusterCache } from './cache.js'
import { newClusterListers } from './cluster-listers.js'
import { newNodeHandler, newPodHandler } from './cluster-watch.js'
import type { SchedulerSettings } from './config/settings.js'
import { afterwards, explain } from './diagnosis.js'
import { Extenders, type PostToExtender } from './extenders.js'
import type { Cluster } from './framework.js'
import { RoomMaker } from './make-room.js'
import { newSchedulerMetrics, type SchedulerMetrics } from './metrics.js'
import { NodeLoads, type NodeUsage } from './node-loads.js'
import { Nominator } from './nominator.js'
import { waitsForClaims } from './plugins/dynamic-resources.js'
import type { PodInfo } from './pod-info.js'
import { PodWrites } from './pod-writes.js'
import { planPreemption } from './preemption.js'
import { Batches } from './profiles/batches.js'
import { newProfile } from './profiles/profile.js'
import { ProfileSet } from './profiles/profile-set.js'
import { newStrategies } from './profiles/strategies.js'
import { type QueuedPod, SchedulingQueue } from './queue.js'
import type { Search } from './select-node.js'
import { Verdicts } from './verdicts.js'

export interface SchedulerDeps {
  client: Client
  /** Shared; whoever made it starts it. */
  informers: InformerFactory
  clock: Clock
  random: Random
  log: Logger
  metrics: MetricRegistry
  /** Default: the default profile alone, with upstream's arguments. The strategies run beside it in any case. */
  settings?: SchedulerSettings | undefined
  /** Calls extenders; required where the settings name some. */
  post?: PostToExtender | undefined
  /** Lists what nodes use; without it the strategy by real load goes by requests. */
  nodeUsage?: (() => Promise<readonly NodeUsage[]>) | undefined
}

export interface Scheduler {
  /** Makes no further decision; bindings under way are left to finish. */
  stop(): void
}

/** After so long the loop lets others run. */
const turnMs = 5

/** Begins once the informers have their first lists. */
export function startScheduler(deps: SchedulerDeps): Scheduler {
  const scheduler = new RunningScheduler(deps)
  void scheduler.start()
  return { stop: () => scheduler.stop() }
}

class RunningScheduler {
  private readonly cache = new ClusterCache()
  private readonly nominator = new Nominator()
  private readonly queue: SchedulingQueue
  private readonly cluster: Cluster
  private readonly profiles: ProfileSet
  private readonly extenders: Extenders
  private readonly batches: Batches
  private readonly binder: Binder
  private readonly verdicts: Verdicts
  private readonly rooms: RoomMaker
  private readonly pods: Informer<Pod>
  private readonly metrics: SchedulerMetrics
  private readonly budgets: () => readonly PodDisruptionBudget[]
  private readonly synced: Promise<unknown>
  private readonly removeHandlers: (() => void)[]
  private running = false
  private ready = false

  constructor(private readonly deps: SchedulerDeps) {
    const { client, clock, random, log, informers, settings, post, nodeUsage } = deps
    const { cache, nominator } = this
    this.queue = new SchedulingQueue({
      clock,
      ...(settings && { backoff: settings.backoff }),
      pluginsOf: info => this.profiles.filtersOf(info),
      isWaiting: pod => waitsForClaims(pod, this.cluster.devices),
      isHeld: uid => this.rooms.isBusyFor(uid),
      wake: () => this.wake(),
      onEnqueue: (name, event) => this.metrics.enqueued(name, event),
    })
    const { queue } = this
    this.metrics = newSchedulerMetrics(deps.metrics, { queue: () => queue, cache })
    const { metrics } = this
    const writes = new PodWrites(client, clock)
    const nodes = informers.informer(nodeKind)
    const budgets = informers.informer(podDisruptionBudget)
    this.pods = informers.informer(podKind)
    this.budgets = () => budgets.list()
    const listers = newClusterListers(
      { cache, loads: new NodeLoads({ read: nodeUsage, clock, log, cache }).current },
      { informers, client, clock, onChange: change => queue.moveOn(change) },
    )
    this.cluster = listers.cluster
    this.profiles = new ProfileSet([...(settings?.profiles ?? [newProfile({})]), ...newStrategies()], {
      cluster: this.cluster,
      nominator,
      random,
      newRecorder: component => newEventRecorder({ ...deps, component }),
    })
    const recorderOf = (schedulerName: string) => this.profiles.of({ schedulerName }).recorder
    this.extenders = new Extenders(settings?.extenders ?? [], post)
    this.rooms = new RoomMaker({ writes, nominator, recorderOf, log, activate: uid => queue.activate(uid) })
    const shared = { queue, nominator, metrics, clock, log, writes, recorderOf }
    this.verdicts = new Verdicts({ ...shared, pods: this.pods })
    this.binder = new Binder({
      ...shared,
      cache,
      cluster: this.cluster,
      extenders: this.extenders,
      reserversOf: info => this.profiles.of(info).profile.reservers,
      fail: (queued, started, error) => this.verdicts.fail(queued, started, error),
      wake: () => this.wake(),
    })
    this.batches = new Batches({ queue, clock, cluster: this.cluster, nominator, wake: () => this.wake() })
    const watch = { cache, queue, nominator, places: this.profiles.has }
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
    this.batches.close()
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
      while (this.ready && !this.binder.isFull) {
        const next = this.batches.next() ?? this.pop()
        if (!next) break
        // Only extenders keep the loop waiting.
        const attempt = this.attempt(next.queued, next.node)
        if (attempt) await attempt
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

  /** The next pod that is decided about alone; those of a batch are put aside until theirs is due. */
  private pop(): { queued: QueuedPod; node?: string } | undefined {
    for (let queued = this.queue.pop(); queued; queued = this.queue.pop()) {
      const running = this.profiles.of(queued.info)
      if (!running.profile.batch) return { queued }
      this.batches.add(queued, running)
    }
    return undefined
  }

  /** One decision. An error in it must not lose the pod. */
  private attempt(queued: QueuedPod, preferred?: string): Promise<void> | undefined {
    const started = this.deps.clock.monotonic()
    try {
      if (this.cache.isAssumed(queued.info.uid) || !this.isThere(queued.info)) return undefined
      if (!this.cache.nodeList().length) {
        const message = 'no nodes available to schedule pods'
        this.verdicts.turnAway(queued, started, { message, plugins: new Set() })
        return undefined
      }
      const search = this.profiles.of(queued.info).selector.search(queued.info, preferred)
      if (!search.feasible.length || !this.extenders.interest(queued.info)) {
        this.decide(queued, search, started)
        return undefined
      }
      return this.extenders.narrow(queued.info, search).then(
        ({ extra, ...narrowed }) => this.decide(queued, narrowed, started, extra),
        error => this.verdicts.fail(queued, started, error as Error),
      )
    } catch (error) {
      this.verdicts.fail(queued, started, error as Error)
      return undefined
    }
  }

  /** False for a pod that went while it waited for its turn in a batch. */
  private isThere({ pod: { metadata } }: PodInfo): boolean {
    const { namespace, name = '', uid } = metadata
    return this.pods.get({ namespace, name })?.metadata.uid === uid
  }

  private decide(queued: QueuedPod, search: Search, started: number, extra?: (node: { name: string }) => number): void {
    const { info } = queued
    const node = search.feasible.length
      ? this.profiles.of(info).selector.choose(info, search.feasible, extra)
      : undefined
    this.metrics.decided((this.deps.clock.monotonic() - started) / 1000)
    if (node === undefined) this.notFound(queued, started, search)
    else void this.binder.bind(queued, this.binder.reserve(info, node), started)
  }

  private notFound(queued: QueuedPod, started: number, search: Search): void {
    const { diagnosis } = search
    const plan = this.planRoom(queued.info, search)
    const candidate = plan && 'candidate' in plan ? plan.candidate : undefined
    const hasClaims = Boolean(queued.info.pod.spec.resourceClaims?.length)
    const message = explain(diagnosis, plan && 'message' in plan ? afterwards(diagnosis, plan.message, hasClaims) : '')
    const keeps = plan && 'keepNomination' in plan && plan.keepNomination
    this.verdicts.turnAway(queued, started, {
      message,
      plugins: diagnosis.plugins,
      ...(!keeps && { nominatedNode: candidate?.node ?? '' }),
    })
    if (!candidate) return
    this.metrics.preempted(candidate.victims.length)
    void this.rooms.makeRoom(queued.info, candidate)
  }

  /** Undefined where the profile lets nobody be preempted. */
  private planRoom(info: PodInfo, search: Search) {
    const { cluster, nominator, budgets } = this
    const candidates = this.profiles.of(info).profile.preemption
    if (!candidates) return undefined
    this.metrics.preemptionAttempted()
    return planPreemption(info, search, { cluster, nominator, budgets, candidates, random: this.deps.random })
  }
}
