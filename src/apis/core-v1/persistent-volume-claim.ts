/** PersistentVolumeClaim asks for storage and binds a PersistentVolume. */
import { defineKind } from '../../machinery/kind.js'
import { formatQuantity } from '../../machinery/quantity.js'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { orUnset } from '../printing/placeholder.js'
import { setPersistentVolumeClaimDefaults, validatePersistentVolumeClaimSpec } from './persistent-volume-claim-spec.js'
import { validateClaimStatus, validateClaimUpdate } from './persistent-volume-claim-update.js'
import { claimSpecWarnings } from './pod-spec/volumes/warnings.js'
import { canonicalResourceList } from './resource-list.js'
import { betaStorageClassAnnotation, printAccessModes, storageClassOf } from './storage-printing.js'

const isClaimOrSnapshot = ({ dataSource }: PersistentVolumeClaimSpec): boolean =>
  (dataSource?.kind === 'PersistentVolumeClaim' && !dataSource.apiGroup) ||
  (dataSource?.kind === 'VolumeSnapshot' && dataSource.apiGroup === 'snapshot.storage.k8s.io')

/** dataSource and dataSourceRef say the same where only one is given; what dataSource never allowed is dropped. */
function prepareDataSources(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec | undefined): void {
  // Sources in other namespaces wait for a feature that v1.34 leaves off.
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef
  const hadSource = old?.dataSource !== undefined || old?.dataSourceRef !== undefined
  if (!hadSource && !spec.dataSourceRef && !isClaimOrSnapshot(spec)) delete spec.dataSource
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource }
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _, ...source } = spec.dataSourceRef
    spec.dataSource = source
  }
}

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  scope: 'Namespaced',
  names: { plural: 'persistentvolumeclaims', shortNames: ['pvc'] },

  setDefaults(object) {
    setPersistentVolumeClaimDefaults(object)
    canonicalResourceList(object.status?.capacity)
    canonicalResourceList(object.status?.allocatedResources)
  },
  updateChecks: ['meta', 'spec', 'metaUpdate', 'meta', 'spec', 'change'],
  *validate({ spec }, { subresource }) {
    if (!subresource) yield* validatePersistentVolumeClaimSpec(spec, 'spec')
  },
  *validateUpdate(object, old, { subresource }) {
    if (!subresource) yield* validateClaimUpdate(object, old)
  },
  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations && betaStorageClassAnnotation in metadata.annotations
      ? [
          `metadata.annotations[${betaStorageClassAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`,
        ]
      : []),
    ...claimSpecWarnings(spec, 'spec'),
  ],

  strategy: {
    bumpGenerationOn: [],
    // The phase.
    storesDefaultsLate: true,
    prepareForCreate(object) {
      object.status = { phase: 'Pending' }
      prepareDataSources(object.spec, undefined)
    },
    prepareForUpdate(object, old, { subresource }) {
      if (!subresource) prepareDataSources(object.spec, old.spec)
    },
  },
  subresources: { status: { validateUpdate: validateClaimStatus } },
  printerColumns: [
    {
      name: 'Status',
      description: 'phase represents the current phase of PersistentVolumeClaim.',
      of: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    {
      name: 'Volume',
      description: 'volumeName is the binding reference to the PersistentVolume backing this claim.',
      of: ({ spec }) => spec.volumeName ?? '',
    },
    {
      name: 'Capacity',
      description: 'capacity represents the actual resources of the underlying volume.',
      of: ({ spec, status }) => (spec.volumeName ? formatQuantity(status?.capacity?.storage ?? '0') : ''),
    },
    {
      name: 'Access Modes',
      description:
        'accessModes contains the actual access modes the volume backing the PVC has. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes-1',
      of: ({ spec, status }) => (spec.volumeName ? printAccessModes(status?.accessModes) : ''),
    },
    { name: 'StorageClass', description: 'StorageClass of the pvc', of: storageClassOf },
    {
      name: 'VolumeAttributesClass',
      description: 'VolumeAttributesClass of the pvc',
      of: ({ spec }) => orUnset(spec.volumeAttributesClassName),
    },
    age,
    {
      name: 'VolumeMode',
      wide: true,
      description:
        'volumeMode defines what type of volume is required by the claim. Value of Filesystem is implied when not included in claim spec.',
      of: ({ spec }) => orUnset(spec.volumeMode),
    },
  ],
})
