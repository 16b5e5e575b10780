/** One informer a kind and selection, shared by all who ask: one watch and one copy in memory. */
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import { type Informer, type InformerDeps, newInformer } from './informer.js'
import type { Selection } from './reflector.js'

export interface InformerFactory {
  /** The informer for the kind; started already if the factory is. */
  informer<T extends KubernetesObject>(kind: KindRef<T>, selection?: Selection): Informer<T>
  /** The informer that follows all of this resource, if anyone asked for it. */
  existing(kind: Pick<KindRef, 'group' | 'version' | 'names'>): Informer | undefined
  /** Stops and forgets the informer of a kind that is no longer served. */
  drop(kind: Pick<KindRef, 'group' | 'version' | 'names'>): void
  /** Starts every informer asked for so far, and from now on each at once. */
  start(): void
  /** Resolves when every informer asked for so far has its first list. */
  synced(): Promise<void>
  stop(): void
}

const idOf = ({ group, version, names }: Pick<KindRef, 'group' | 'version' | 'names'>, selection: Selection = {}) =>
  [group, version, names.plural, selection.namespace, selection.labelSelector, selection.fieldSelector].join('|')

export function newInformerFactory(deps: InformerDeps): InformerFactory {
  const informers = new Map<string, Informer>()
  let started = false
  return {
    informer<T extends KubernetesObject>(kind: KindRef<T>, selection: Selection = {}) {
      const id = idOf(kind, selection)
      let informer = informers.get(id) as Informer<T> | undefined
      if (!informer) {
        informer = newInformer(kind, deps, selection)
        informers.set(id, informer as unknown as Informer)
      }
      if (started) informer.start()
      return informer
    },
    existing: kind => informers.get(idOf(kind)),
    drop(kind) {
      informers.get(idOf(kind))?.stop()
      informers.delete(idOf(kind))
    },
    start() {
      started = true
      for (const informer of informers.values()) informer.start()
    },
    async synced() {
      await Promise.all([...informers.values()].map(i => i.synced))
    },
    stop() {
      for (const informer of informers.values()) informer.stop()
    },
  }
}
