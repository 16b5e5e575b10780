/** Writes of a status that may not touch metadata: upstream's ResetObjectMetaForStatus, and its stricter forms. */
import type { KubernetesObject } from '../../machinery/object-meta.js'

const kept = ['deletionTimestamp', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const

/** Puts the time of deletion, labels, annotations, finalizers and owners back as they are stored. */
export function keepMetadata({ metadata }: KubernetesObject, old: KubernetesObject): void {
  for (const field of kept) {
    if (old.metadata[field] === undefined) delete metadata[field]
    else Object.assign(metadata, { [field]: old.metadata[field] })
  }
}

/** Puts everything back but the version that was read and the managers that this write adds to. */
export function keepAllMetadata(object: KubernetesObject, old: KubernetesObject): void {
  const { resourceVersion, managedFields } = object.metadata
  object.metadata = { ...old.metadata, resourceVersion, managedFields }
}
