/** Gathers the pods of batch profiles for a moment, lets the profile's planner decide about them together, and hands them out. */
import type { Clock, Timer } from '../../machinery/clock.js'
import { Filters } from '../filters.js'
import type { Cluster } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { Nominator } from '../nominator.js'
import type { PodInfo } from '../pod-info.js'
import type { QueuedPod, SchedulingQueue } from '../queue.js'
import type { RunningProfile } from './profile-set.js'

export interface BatchesDeps {
  queue: SchedulingQueue
  clock: Clock
  cluster: Cluster
  nominator: Nominator
  wake(): void
}

/** What comes within so many milliseconds is decided together. */
const windowMs = 50

export class Batches {
  private readonly gathering = new Map<RunningProfile, QueuedPod[]>()
  private readonly planned: { queued: QueuedPod; node?: string }[] = []
  private timer: Timer | undefined

  constructor(private readonly deps: BatchesDeps) {}

  add(queued: QueuedPod, running: RunningProfile): void {
    this.gathering.set(running, [...(this.gathering.get(running) ?? []), queued])
    this.timer ??= this.deps.clock.after(windowMs, () => this.plan())
  }

  /** The next pod of a batch, in its order. */
  next(): { queued: QueuedPod; node?: string } | undefined {
    return this.planned.shift()
  }

  close(): void {
    this.timer?.cancel()
  }

  private plan(): void {
    this.timer = undefined
    for (const [running, first] of this.gathering) {
      const { name, batch } = running.profile
      const late = this.deps.queue.popMatching(({ schedulerName }) => schedulerName === name)
      const queued = new Map([...first, ...late].map(each => [each.info, each]))
      const { cluster } = this.deps
      const rate = (info: PodInfo) => this.rate(info, running)
      const order = batch?.({ pods: [...queued.keys()], cluster, rate }) ?? []
      for (const { info, node } of order) {
        const found = queued.get(info)
        if (found) this.planned.push({ queued: found, ...(node && { node }) })
      }
    }
    this.gathering.clear()
    this.deps.wake()
  }

  /** By the profile's own filters and scores. */
  private rate(info: PodInfo, { profile, selector }: RunningProfile): (node: NodeInfo) => number | undefined {
    const { cluster, nominator } = this.deps
    const filters = Filters.prepare(info, profile.filters, cluster)
    if (!(filters instanceof Filters)) return () => undefined
    const nodes = cluster.cache.nodeList().filter(node => !filters.checkWithNominated(info, node, nominator))
    const totals = new Map(nodes.map(node => [node, 0]))
    let weights = 0
    for (const { weight, scores } of selector.scores(info, nodes)) {
      weights += weight
      for (const [i, node] of nodes.entries()) totals.set(node, (totals.get(node) ?? 0) + weight * (scores[i] ?? 0))
    }
    return node => {
      const total = totals.get(node)
      return total === undefined ? undefined : total / Math.max(weights, 1)
    }
  }
}
