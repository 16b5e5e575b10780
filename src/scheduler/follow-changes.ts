/** What informers tell, as the scheduler's queue wants to hear of volumes, devices and what belongs to them. */
import type { Informer } from '../client/informer.js'
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import type { VolumeChange } from './framework.js'

/** Returns what ends it. */
export function followChanges<T extends KubernetesObject>(
  informer: Informer<T>,
  kind: KindRef<T>,
  tell: (change: VolumeChange) => void,
): () => void {
  const told = (change: VolumeChange['change'], object: T, old?: T) =>
    tell({ type: 'VolumeChange', resource: kind.kind, change, object, old })
  return informer.addHandler({
    add: object => told('Add', object),
    update: (object, old) => told('Update', object, old),
    delete: object => told('Delete', object),
  })
}
