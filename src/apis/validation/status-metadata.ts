/** Writes of a status that may not touch metadata: upstream's ResetObjectMetaForStatus. */
import type { KubernetesObject } from '../../machinery/object-meta.js'

const kept = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const

/** Puts labels, annotations, finalizers and owners back as they are stored. */
export function keepMetadata({ metadata }: KubernetesObject, old: KubernetesObject): void {
  for (const field of kept) {
    if (old.metadata[field] === undefined) delete metadata[field]
    else Object.assign(metadata, { [field]: old.metadata[field] })
  }
}
