/**
 * What a watcher knows of a cluster: every object as it is now, and as it was a moment ago.
 *
 * Whoever acts on a cluster does so on what its cache shows, which is late. So a rule about a decision asks what the decider may have
 * seen: with a lag of 100 ms, a pod that became ready at 1,000 and is looked at from 1,050 has two views, ready and not ready, and one
 * that was created at 1,000 has two, itself and `undefined`. What a decider itself wrote it knows at once; those rules look at `current`.
 */

import type { KubernetesObject } from '../../src/machinery/object-meta.js'
import type {
  DaemonSet,
  Deployment,
  Job,
  Namespace,
  Node,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from './objects.js'

/** The kinds that rules speak of. */
export interface Kinds {
  Pod: Pod
  Node: Node
  Namespace: Namespace
  ReplicationController: ReplicationController
  ReplicaSet: ReplicaSet
  Deployment: Deployment
  StatefulSet: StatefulSet
  DaemonSet: DaemonSet
  Job: Job
  PodDisruptionBudget: PodDisruptionBudget
}
export type KindName = keyof Kinds

/** One object, from its first version on until its end is no longer news. */
export interface Followed<T> {
  /** Undefined once it is gone. */
  current: T | undefined
  /** What caches may show: the current version, those that it replaced less than the lag ago, `undefined` where it is not there. */
  views(): readonly (T | undefined)[]
}

/** One write, as it was observed. `previous` is of the same UID. */
export interface Change<K extends KindName = KindName> {
  kind: K
  previous: Kinds[K] | undefined
  current: Kinds[K] | undefined
}

/** A container, or what holds a pod's network, that runs. */
export interface RunningContainer {
  namespace: string
  name: string
  uid: string
}

/** On a pod of an indexed Job. */
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'

class Entry<T> implements Followed<T> {
  current: T | undefined
  private past: { version: T | undefined; until: number }[] = []

  constructor(private readonly recent: () => number) {}

  set(version: T | undefined, now: number): void {
    this.forget()
    this.past.push({ version: this.current, until: now })
    this.current = version
  }

  readonly views = (): readonly (T | undefined)[] => {
    this.forget()
    return [this.current, ...this.past.map(({ version }) => version)]
  }

  get isForgotten(): boolean {
    this.forget()
    return this.current === undefined && this.past.length === 0
  }

  private forget(): void {
    const since = this.recent()
    this.past = this.past.filter(({ until }) => until >= since)
  }
}

export class ClusterModel {
  /** Of the last observation, milliseconds. */
  now = 0
  /** What runs on each node; only where somebody looks. */
  readonly containers = new Map<string, readonly RunningContainer[]>()
  private readonly kinds = new Map<KindName, Map<string, Entry<unknown>>>()
  private readonly succeeded = new Map<string, Set<string>>()
  private readonly adopted = new Set<string>()

  /** `lagMs`: how late caches may be. */
  constructor(private readonly lagMs = 100) {}

  /** Takes what one event told. `isGone`: the object is the last that there was. */
  apply<K extends KindName>(kind: K, object: Kinds[K], { isGone = false, at = this.now } = {}): Change<K> {
    this.now = Math.max(this.now, at)
    const uid = object.metadata.uid ?? ''
    const entries = this.entries(kind)
    const entry = entries.get(uid) ?? new Entry<unknown>(() => this.now - this.lagMs)
    const previous = entry.current as Kinds[K] | undefined
    const current = isGone ? undefined : object
    entry.set(current, this.now)
    entries.set(uid, entry)
    if (isGone) for (const [key, other] of entries) if (other.isForgotten) entries.delete(key)
    if (previous === undefined && !controllerOf(object)) this.adopted.add(uid)
    if (kind === 'Pod') this.noteSuccess(object as Pod)
    return { kind, previous, current }
  }

  /** Those that are there, and those that went a moment ago. */
  followed<K extends KindName>(kind: K): Followed<Kinds[K]>[] {
    return [...this.entries(kind).values()] as Followed<Kinds[K]>[]
  }

  all<K extends KindName>(kind: K): Kinds[K][] {
    return this.followed(kind).flatMap(({ current }) => current ?? [])
  }

  /** Every version of the object that a cache may show; none where it was never there, or went long ago. */
  views<K extends KindName>(kind: K, uid: string): Kinds[K][] {
    const entry = this.entries(kind).get(uid) as Followed<Kinds[K]> | undefined
    return (entry?.views() ?? []).flatMap(view => view ?? [])
  }

  /** Pods that are there and that this object controls. */
  podsOf(uid: string): Pod[] {
    return this.all('Pod').filter(pod => controllerOf(pod)?.uid === uid)
  }

  /** Somebody else made the object; if it has a controller by now, that one took it over. */
  isAdopted({ metadata }: KubernetesObject): boolean {
    return this.adopted.has(metadata.uid ?? '')
  }

  /** How many pods of that controller (of an indexed Job: how many indexes) ended well since the watch began, not being deleted by then. */
  successesOf(uid: string): number {
    return this.succeeded.get(uid)?.size ?? 0
  }

  private noteSuccess(pod: Pod): void {
    const owner = controllerOf(pod)?.uid
    const { uid = '', annotations, deletionTimestamp } = pod.metadata
    // What is being deleted counts as failed, however it ends.
    if (pod.status?.phase !== 'Succeeded' || owner === undefined || deletionTimestamp) return
    const ended = this.succeeded.get(owner) ?? new Set()
    this.succeeded.set(owner, ended.add(annotations?.[indexAnnotation] ?? uid))
  }

  private entries(kind: KindName): Map<string, Entry<unknown>> {
    const found = this.kinds.get(kind) ?? new Map<string, Entry<unknown>>()
    this.kinds.set(kind, found)
    return found
  }
}

export const controllerOf = ({ metadata }: KubernetesObject) =>
  metadata.ownerReferences?.find(({ controller }) => controller)

/** For messages: `web-1`, or `shop/web-1` outside of the namespace `default`. */
export const nameOf = ({ metadata: { namespace, name } }: KubernetesObject): string =>
  namespace && namespace !== 'default' ? `${namespace}/${name}` : `${name}`
