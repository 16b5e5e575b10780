/** DefaultStorageClass, StorageObjectInUseProtection and PersistentVolumeClaimResize. */
import type { StorageClass } from '../../apis/generated/storage-v1.js'
import { defaultStorageClassOf } from '../../apis/storage-v1/storage-class.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { compareQuantity } from '../../machinery/quantity.js'
import { type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, storageClasses } from './lookup.js'

interface Claim {
  storageClassName?: string
  volumeName?: string
  resources?: { requests?: { storage?: string } }
}

const claimOf = (object: AnyObject | undefined) => (object?.spec ?? {}) as Claim
/** The older way to name the class. */
const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

export const defaultStorageClass = (lookup: Lookup): AdmissionPlugin => ({
  name: 'DefaultStorageClass',
  operations: ['CREATE'],
  resources: ['persistentvolumeclaims'],
  async mutate({ object }) {
    const spec = claimOf(object)
    if (spec.storageClassName !== undefined || object?.metadata.annotations?.[classAnnotation] !== undefined) return
    const found = defaultStorageClassOf(await lookup.list<StorageClass>(storageClasses))
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
