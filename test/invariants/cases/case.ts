/** A little history of a cluster, written by hand, that keeps a rule or breaks it. */
import type { ClusterModel, KindName, Kinds } from '../model.js'
import { InvariantObserver } from '../observer.js'

export interface Case {
  /** Which rule it is about. */
  rule: string
  name: string
  /** What the rule says of it; absent: it keeps every rule. */
  breaks?: string
  play(history: History): void
}

type Fields<K extends KindName> = Omit<Partial<Kinds[K]>, 'metadata' | 'spec' | 'status'> & {
  metadata?: object
  spec?: object
  status?: object
}

/** Caches in these histories may be so late, milliseconds. */
const lagMs = 100

export class History {
  readonly observer = new InvariantObserver({ lagMs })
  private readonly objects = new Map<string, object>()
  private now = 1_000_000

  get model(): ClusterModel {
    return this.observer.model
  }

  /** Writes an object: a new one, or what changes in one, field by field. Its UID is its name and what `uid` says. */
  put<K extends KindName>(kind: K, name: string, fields: Fields<K> = {} as Fields<K>, { uid = name } = {}): void {
    const old = (this.objects.get(kind + uid) ?? {}) as Record<string, object>
    const merged = {
      ...old,
      metadata: { name, uid, namespace: kind === 'Node' ? undefined : 'default', ...old.metadata, ...fields.metadata },
      spec: { ...old.spec, ...fields.spec },
      status: { ...old.status, ...fields.status },
    }
    this.objects.set(kind + uid, merged)
    this.observer.observe(kind, merged as unknown as Kinds[K], { at: this.now })
  }

  remove(kind: KindName, name: string): void {
    const object = this.objects.get(kind + name) as Kinds[typeof kind]
    this.objects.delete(kind + name)
    this.observer.observe(kind, object, { isGone: true, at: this.now })
  }

  /** Long enough for every cache. */
  later(): void {
    this.now += 10 * lagMs
  }

  atOnce(): void {
    this.now += 1
  }
}

/** metadata of what that object controls. */
export const ownedBy = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name, uid: name, controller: true }],
})

export const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
export const going = { deletionTimestamp: '2025-01-01T00:00:00Z' }
export const evicted = (type = 'EvictionByEvictionAPI') => ({
  conditions: [...ready.conditions, { type: 'DisruptionTarget', status: 'True', reason: type }],
})

/** spec of a pod with that container. */
export const container = (fields: object = {}, more: object = {}) => ({
  containers: [{ name: 'c', ...fields }],
  ...more,
})
