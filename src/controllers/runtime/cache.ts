/** What a controller reads from: the informers' caches, by kind. Objects are shared: copy before changing. */
import type { Informer } from '../../client/informer.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { controllerRefOf } from './owner.js'

/** Index on the controller's uid; objects without a controller are under `orphans:<namespace>`. */
const byController = 'controller'
const orphansOf = (namespace: string | undefined) => `orphans:${namespace ?? ''}`

export interface Cache {
  get<T extends KubernetesObject>(kind: KindRef<T>, key: ObjectKey): T | undefined
  list<T extends KubernetesObject>(kind: KindRef<T>, namespace?: string): T[]
  byIndex<T extends KubernetesObject>(kind: KindRef<T>, index: string, value: string): T[]
  /** Objects of `kind` whose controller is `owner`. */
  ownedBy<T extends KubernetesObject>(owner: KubernetesObject, kind: KindRef<T>): T[]
  /** Objects of `kind` in the namespace that have no controller. */
  orphans<T extends KubernetesObject>(kind: KindRef<T>, namespace: string | undefined): T[]
}

/** Makes `ownedBy` and `orphans` work for the informer's kind. */
export function indexByController<T extends KubernetesObject>(informer: Informer<T>): Informer<T> {
  informer.addIndex(byController, o => [controllerRefOf(o)?.uid ?? orphansOf(o.metadata.namespace)])
  return informer
}

/** Reads kinds that the controller declared; throws for one whose informer was never asked for. */
export function newCache(informers: InformerFactory): Cache {
  const of = <T extends KubernetesObject>(kind: KindRef<T>): Informer<T> => {
    const informer = informers.existing(kind)
    if (!informer) throw new Error(`no informer for ${kind.names.plural}: declare it in owns, watches or reads`)
    return informer as unknown as Informer<T>
  }
  return {
    get: (kind, key) => of(kind).get(key),
    list: (kind, namespace) => of(kind).list(namespace),
    byIndex: (kind, index, value) => of(kind).byIndex(index, value),
    ownedBy: (owner, kind) => of(kind).byIndex(byController, owner.metadata.uid ?? ''),
    orphans: (kind, namespace) => of(kind).byIndex(byController, orphansOf(namespace)),
  }
}
