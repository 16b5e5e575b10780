/**
 * Pods that wait for a node. `active` ones are tried next, by priority and then age; those turned away wait as
 * `unschedulable` for an event that may help, and then, or after an error, out their back-off.
 */

import type { Pod } from '../apis/generated/core-v1.js'
import type { Clock, Timer } from '../machinery/clock.js'
import { stringifyJson } from '../machinery/json/stringify.js'
import type { ClusterEvent, Plugin } from './framework.js'
import { KeyedHeap } from './heap.js'
import { newPodInfo, type PodInfo } from './pod-info.js'

/** Upstream's defaults. */
const initialBackoffMs = 1000
const maxBackoffMs = 10_000
/** Nobody may wait for an event longer than this: a hint may have been wrong. */
const maxUnschedulableMs = 5 * 60_000

export interface QueuedPod {
  info: PodInfo
  attempts: number
  /** Monotonic milliseconds: when it came into the queue it is in. */
  since: number
  /** Monotonic milliseconds of the first attempt; undefined before. */
  firstAttempt?: number
  /** The last failure was no verdict on the pod, but an error; such a back-off is always sat out. */
  failed?: boolean
  /** Plugins that turned it away; empty: any event may help. */
  rejectedBy: ReadonlySet<string>
}

export interface QueueDeps {
  clock: Clock
  /** Plugins whose word may have turned the pod away. */
  pluginsOf(info: PodInfo): readonly Plugin[]
  /** Milliseconds; upstream's defaults where absent. */
  backoff?: { initialMs: number; maxMs: number }
  /** True while what the pod needs is yet to be made by others. */
  isWaiting?(pod: Pod): boolean
  /** True while preemption for the pod is under way: it must not be tried before that is done. */
  isHeld?(uid: string): boolean
  /** Called when there is something to pop. */
  wake(): void
  /** A pod came into a queue, and why: for metrics. */
  onEnqueue?(queue: QueueName, event: string): void
}

export type QueueName = 'active' | 'backoff' | 'unschedulable' | 'gated'

/** Higher priority first, then who has waited longer. */
const comesBefore = (a: QueuedPod, b: QueuedPod): boolean =>
  a.info.priority !== b.info.priority ? a.info.priority > b.info.priority : a.since < b.since

const uidOf = ({ info }: QueuedPod): string => info.uid

export class SchedulingQueue {
  private readonly active = new KeyedHeap<QueuedPod>(uidOf, comesBefore)
  private readonly backoff = new KeyedHeap<QueuedPod>(uidOf, (a, b) => this.backoffEnd(a) < this.backoffEnd(b))
  private readonly errorBackoff = new KeyedHeap<QueuedPod>(uidOf, (a, b) => this.backoffEnd(a) < this.backoffEnd(b))
  private readonly unschedulable = new Map<string, QueuedPod>()
  private timer: Timer | undefined
  private closed = false

  constructor(private readonly deps: QueueDeps) {}

  /** A pod that is new, or was changed. */
  addOrUpdate(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const info = newPodInfo(pod)
    const ready = this.active.get(uid) ?? this.backoff.get(uid) ?? this.errorBackoff.get(uid)
    if (ready) {
      ready.info = info
      if (this.active.has(uid)) this.active.push(ready)
      return
    }
    const waiting = this.unschedulable.get(uid)
    if (!waiting) {
      this.enqueue({ info, attempts: 0, since: this.now(), rejectedBy: new Set() }, 'PodAdd')
      return
    }
    const old = waiting.info
    waiting.info = info
    const wasGated = this.isGated(old)
    if (wasGated ? this.isGated(info) : !changesAnything(old.pod, pod)) return
    this.unschedulable.delete(uid)
    this.requeue(waiting, 'PodUpdate')
  }

  remove(uid: string): void {
    this.active.remove(uid)
    this.backoff.remove(uid)
    this.errorBackoff.remove(uid)
    this.unschedulable.delete(uid)
  }

  /** The next pod to try; its attempt is counted. A pod that only waits out a verdict's back-off comes early when there is nothing else to do. */
  pop(): QueuedPod | undefined {
    const queued = this.active.pop() ?? this.backoff.pop()
    if (!queued) return undefined
    queued.attempts++
    queued.firstAttempt ??= this.now()
    return queued
  }

  /** Takes out all others that could be tried now and that `matches` holds for, in the order of their turn. */
  popMatching(matches: (info: PodInfo) => boolean): QueuedPod[] {
    const found = this.active
      .values()
      .filter(({ info }) => matches(info))
      .sort((a, b) => (comesBefore(a, b) ? -1 : 1))
    for (const queued of found) {
      this.active.remove(queued.info.uid)
      queued.attempts++
      queued.firstAttempt ??= this.now()
    }
    return found
  }

  /** Puts back a pod that was turned away: it waits for an event that these plugins care for. */
  addUnschedulable(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    queued.since = this.now()
    queued.rejectedBy = rejectedBy
    queued.failed = false
    this.unschedulable.set(queued.info.uid, queued)
    this.deps.onEnqueue?.('unschedulable', 'ScheduleAttemptFailure')
    this.arm()
  }

  /** Puts back a pod for which something went wrong: it is tried again after its back-off. */
  addFailed(queued: QueuedPod): void {
    queued.since = this.now()
    queued.failed = true
    this.errorBackoff.push(queued)
    this.deps.onEnqueue?.('backoff', 'ScheduleAttemptFailure')
    this.arm()
  }

  /** Lets pods go that the event may help. */
  moveOn(event: ClusterEvent): void {
    for (const [uid, queued] of this.unschedulable) {
      if (this.isGated(queued.info) || this.deps.isHeld?.(uid) || !this.mayHelp(queued, event)) continue
      this.unschedulable.delete(uid)
      this.requeue(queued, event.type === 'VolumeChange' ? event.resource + event.change : event.type)
    }
  }

  /** Lets a pod go at once, back-off or not. */
  activate(uid: string): void {
    const queued = this.unschedulable.get(uid) ?? this.backoff.get(uid)
    if (!queued) return
    this.remove(uid)
    this.makeActive(queued, 'ForceActivate')
  }

  sizes(): Record<QueueName, number> {
    let gated = 0
    for (const { info } of this.unschedulable.values()) if (this.isGated(info)) gated++
    return {
      active: this.active.size,
      backoff: this.backoff.size + this.errorBackoff.size,
      unschedulable: this.unschedulable.size - gated,
      gated,
    }
  }

  /** Each wait with each plugin that is a reason for it. */
  *unschedulableByPlugin(): Generator<{ profile: string; plugin: string }> {
    for (const { info, rejectedBy } of this.unschedulable.values())
      for (const plugin of rejectedBy) yield { profile: info.schedulerName, plugin }
  }

  close(): void {
    this.closed = true
    this.timer?.cancel()
  }

  private backoffEnd({ attempts, since }: QueuedPod): number {
    if (attempts === 0) return since
    const { initialMs, maxMs } = this.deps.backoff ?? { initialMs: initialBackoffMs, maxMs: maxBackoffMs }
    return since + Math.min(maxMs, initialMs * 2 ** Math.min(attempts - 1, 10))
  }

  /** Plugins' PreEnqueue: nobody looks at the pod before that is over. */
  private isGated = ({ pod }: PodInfo): boolean =>
    (pod.spec.schedulingGates?.length ?? 0) > 0 || this.deps.isWaiting?.(pod) === true

  private now = (): number => this.deps.clock.monotonic()

  private mayHelp({ info, rejectedBy }: QueuedPod, event: ClusterEvent): boolean {
    if (!rejectedBy.size) return true
    return this.deps.pluginsOf(info).some(({ name, mayHelp }) => rejectedBy.has(name) && mayHelp?.(info, event))
  }

  private enqueue(queued: QueuedPod, event: string): void {
    if (!this.isGated(queued.info)) {
      this.makeActive(queued, event)
      return
    }
    this.unschedulable.set(queued.info.uid, queued)
    this.deps.onEnqueue?.('gated', event)
  }

  private makeActive(queued: QueuedPod, event: string): void {
    if (this.isGated(queued.info) || this.deps.isHeld?.(queued.info.uid)) {
      this.unschedulable.set(queued.info.uid, queued)
      return
    }
    this.active.push(queued)
    this.deps.onEnqueue?.('active', event)
    if (!this.closed) this.deps.wake()
  }

  private requeue(queued: QueuedPod, event: string): void {
    if (this.isGated(queued.info) || this.backoffEnd(queued) <= this.now()) {
      this.enqueue(queued, event)
      return
    }
    this.backoff.push(queued)
    this.deps.onEnqueue?.('backoff', event)
    this.arm()
    if (!this.closed) this.deps.wake()
  }

  /** One timer, for whatever is due first. */
  private arm(): void {
    this.timer?.cancel()
    this.timer = undefined
    if (this.closed) return
    const dues = [this.backoff.peek(), this.errorBackoff.peek()].flatMap(next => (next ? [this.backoffEnd(next)] : []))
    for (const queued of this.unschedulable.values()) {
      if (this.isGated(queued.info)) continue
      // The map is in the order of arrival, so the first is the one that has waited longest.
      dues.push(queued.since + maxUnschedulableMs)
      break
    }
    if (dues.length) this.timer = this.deps.clock.after(Math.max(0, Math.min(...dues) - this.now()), () => this.flush())
  }

  private flush(): void {
    const now = this.now()
    for (const heap of [this.backoff, this.errorBackoff]) {
      for (let next = heap.peek(); next && this.backoffEnd(next) <= now; next = heap.peek()) {
        heap.pop()
        this.makeActive(next, 'BackoffComplete')
      }
    }
    for (const [uid, queued] of this.unschedulable) {
      if (this.isGated(queued.info)) continue
      if (queued.since + maxUnschedulableMs > now) break
      this.unschedulable.delete(uid)
      this.makeActive(queued, 'UnschedulableTimeout')
    }
    this.arm()
  }
}

/** Status alone never helps a pod, except where it says how its resources were resized. */
function changesAnything(old: Pod, pod: Pod): boolean {
  if (old.metadata.generation !== pod.metadata.generation) return true
  return (
    stringifyJson(old.spec) !== stringifyJson(pod.spec) ||
    JSON.stringify(old.metadata.labels) !== JSON.stringify(pod.metadata.labels)
  )
}
