/** DefaultStorageClass, StorageObjectInUseProtection and PersistentVolumeClaimResize. */
import type { AnyObject, KubernetesObject } from '../../machinery/object-meta.js'
import { compareQuantity } from '../../machinery/quantity.js'
import { type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, storageClasses } from './lookup.js'

interface StorageClass extends KubernetesObject {
  allowVolumeExpansion?: boolean
}

interface Claim {
  storageClassName?: string
  volumeName?: string
  resources?: { requests?: { storage?: string } }
}

const claimOf = (object: AnyObject | undefined) => (object?.spec ?? {}) as Claim
const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
/** The older way to name the class. */
const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** The newest default; among equals the first by name. */
export function newestDefault<T extends KubernetesObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  return classes
    .filter(({ metadata }) => annotations.some(key => metadata.annotations?.[key] === 'true'))
    .sort(
      (a, b) =>
        (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
        (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''),
    )[0]
}

export const defaultStorageClass = (lookup: Lookup): AdmissionPlugin => ({
  name: 'DefaultStorageClass',
  operations: ['CREATE'],
  resources: ['persistentvolumeclaims'],
  async mutate({ object }) {
    const spec = claimOf(object)
    if (spec.storageClassName !== undefined || object?.metadata.annotations?.[classAnnotation] !== undefined) return
    const found = newestDefault(await lookup.list<StorageClass>(storageClasses), defaultAnnotations)
    if (found) spec.storageClassName = found.metadata.name ?? ''
  },
})

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  operations: ['CREATE'],
  resources: Object.keys(finalizers),
  mutate({ object, kind }) {
    const finalizer = finalizers[kind.qualifiedResource]!
    const metadata = object!.metadata
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
}

export const persistentVolumeClaimResize = (lookup: Lookup): AdmissionPlugin => ({
  name: 'PersistentVolumeClaimResize',
  operations: ['UPDATE'],
  resources: ['persistentvolumeclaims'],
  async validate(attributes) {
    const [spec, old] = [claimOf(attributes.object), claimOf(attributes.old)]
    const [size, before] = [spec.resources?.requests?.storage, old.resources?.requests?.storage]
    if (!size || !before || compareQuantity(size, before) <= 0) return
    const phase = (attributes.old?.status as { phase?: string } | undefined)?.phase
    if (phase !== 'Bound') throw refusal(attributes, 'Only bound persistent volume claims can be expanded')
    const name = spec.storageClassName ?? attributes.object?.metadata.annotations?.[classAnnotation]
    const found = name ? await lookup.get<StorageClass>(storageClasses, { name }) : undefined
    if (!found?.allowVolumeExpansion)
      throw refusal(
        attributes,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
  },
})
