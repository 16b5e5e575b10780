/**
 * Who owns whom, across all kinds. The informers' caches with their indexes by uid and by owner uid are the graph: nothing
 * is stored twice, and an edge is there exactly as long as the object that carries it.
 */
import { byOwnerUid, byUid } from '../../client/indexer.js'
import type { Informer } from '../../client/informer.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, OwnerReference } from '../../machinery/object-meta.js'

/** An object with its kind, which is what it takes to write to it. */
export interface Node {
  kind: KindRef
  object: KubernetesObject
}

export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'

const hasFinalizer = ({ metadata }: KubernetesObject, name: string) => metadata.finalizers?.includes(name) === true

export const isBeingDeleted = ({ metadata }: KubernetesObject): boolean => metadata.deletionTimestamp !== undefined

/** Deleted in the foreground: it stays until its dependents are gone. */
export const awaitsDependents = (object: KubernetesObject): boolean =>
  isBeingDeleted(object) && hasFinalizer(object, foregroundFinalizer)

/** Deleted, but its dependents shall live on without it. */
export const orphansDependents = (object: KubernetesObject): boolean =>
  isBeingDeleted(object) && hasFinalizer(object, orphanFinalizer)

const groupOf = (apiVersion: string) => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '')

export class OwnerGraph {
  private readonly informers = new Map<string, Informer>()

  /** A kind is known by group and name, whatever the version a reference uses. */
  private idOf = (group: string, kind: string) => `${group}|${kind}`

  add(informer: Informer): void {
    this.informers.set(this.idOf(informer.kind.group, informer.kind.kind), informer)
  }

  remove({ group, kind }: KindRef): void {
    this.informers.delete(this.idOf(group, kind))
  }

  kinds = (): KindRef[] => [...this.informers.values()].map(i => i.kind)

  /** The kind a reference means; undefined where nothing of that name is followed. */
  kindOf = (reference: OwnerReference): KindRef | undefined =>
    this.informers.get(this.idOf(groupOf(reference.apiVersion), reference.kind))?.kind

  find(uid: string): Node | undefined {
    for (const informer of this.informers.values()) {
      const [object] = informer.byIndex(byUid, uid)
      if (object) return { kind: informer.kind, object }
    }
    return undefined
  }

  dependentsOf(uid: string): Node[] {
    const found: Node[] = []
    for (const informer of this.informers.values())
      for (const object of informer.byIndex(byOwnerUid, uid)) found.push({ kind: informer.kind, object })
    return found
  }

  /** Those whose reference to `uid` says that it must wait for them. */
  blockingDependentsOf = (uid: string): Node[] =>
    this.dependentsOf(uid).filter(({ object }) =>
      object.metadata.ownerReferences?.some(r => r.uid === uid && r.blockOwnerDeletion),
    )

  /** The owner that `reference` means, if the cache has it: of the right name, in the dependent's namespace. */
  cachedOwner(reference: OwnerReference, dependent: KubernetesObject): KubernetesObject | undefined {
    const informer = this.informers.get(this.idOf(groupOf(reference.apiVersion), reference.kind))
    if (!informer) return undefined
    const namespace = informer.kind.scope === 'Namespaced' ? dependent.metadata.namespace : undefined
    const owner = informer.get({ name: reference.name, namespace })
    return owner?.metadata.uid === reference.uid ? owner : undefined
  }
}
