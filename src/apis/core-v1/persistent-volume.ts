/** PersistentVolume is a piece of storage in the cluster, apart from the pods that use it. */
import { formatTime } from '../../machinery/clock.js'
import { defineKind } from '../../machinery/kind.js'
import { formatQuantity } from '../../machinery/quantity.js'
import type { PersistentVolume } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { orUnset } from '../printing/placeholder.js'
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistent-volume-validation.js'
import { nodeSelectorTermWarnings } from './pod-spec/node-label-warnings.js'
import { canonicalResourceList } from './resource-list.js'
import { betaStorageClassAnnotation, printAccessModes, storageClassOf } from './storage-printing.js'

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  [betaStorageClassAnnotation]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
}

const deprecatedSources = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const

function* warnings({ metadata, spec }: PersistentVolume): Generator<string> {
  for (const [key, message] of Object.entries(deprecatedAnnotations))
    if (metadata.annotations && key in metadata.annotations) yield `metadata.annotations[${key}]: ${message}`
  if (spec.persistentVolumeReclaimPolicy === 'Recycle')
    yield 'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'
  for (const [i, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries())
    yield* nodeSelectorTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`, { checkValues: false })
  for (const [source, field, message] of deprecatedSources) if (spec[source]) yield `spec.${field}: ${message}`
}

/** The time of the last change of phase is the server's, unless the writer sets a new one itself. */
function stampPhaseChange(volume: PersistentVolume, old: PersistentVolume, now: number): void {
  const { status } = volume
  if (!status) return
  const before = old.status?.lastPhaseTransitionTime
  if (status.phase === old.status?.phase) {
    if (before) status.lastPhaseTransitionTime ??= before
  } else if (!status.lastPhaseTransitionTime || status.lastPhaseTransitionTime === before)
    status.lastPhaseTransitionTime = formatTime(now)
}

const claimOf = ({ spec }: PersistentVolume): string =>
  spec.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : ''

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  scope: 'Cluster',
  names: { plural: 'persistentvolumes', shortNames: ['pv'] },

  setDefaults(object) {
    const { spec } = object
    object.status ??= {}
    object.status.phase ||= 'Pending'
    spec.persistentVolumeReclaimPolicy ||= 'Retain'
    spec.volumeMode ??= 'Filesystem'
    if (spec.hostPath) spec.hostPath.type ??= ''
    canonicalResourceList(spec.capacity)
  },
  updateChecks: ['meta', 'spec', 'meta', 'spec', 'change'],
  *validate(object, { subresource }) {
    if (!subresource) yield* validatePersistentVolume(object)
  },
  *validateUpdate(object, old, { subresource }) {
    if (!subresource) yield* validatePersistentVolumeUpdate(object, old)
  },
  warnings: object => [...warnings(object)],

  strategy: {
    bumpGenerationOn: [],
    prepareForCreate(object, { now }) {
      object.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(now) }
    },
    prepareForUpdate(object, old, { subresource, now }) {
      if (subresource === 'status') stampPhaseChange(object, old, now)
    },
  },
  subresources: { status: {} },
  printerColumns: [
    {
      name: 'Capacity',
      description:
        "capacity is the description of the persistent volume's resources and capacity. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#capacity",
      of: ({ spec }) => formatQuantity(spec.capacity?.storage ?? '0'),
    },
    {
      name: 'Access Modes',
      description:
        'accessModes contains all ways the volume can be mounted. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes',
      of: ({ spec }) => printAccessModes(spec.accessModes),
    },
    {
      name: 'Reclaim Policy',
      description:
        'persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim. Valid options are Retain (default for manually created PersistentVolumes), Delete (default for dynamically provisioned PersistentVolumes), and Recycle (deprecated). Recycle must be supported by the volume plugin underlying this PersistentVolume. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#reclaiming',
      of: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
    },
    {
      name: 'Status',
      description:
        'phase indicates if a volume is available, bound to a claim, or released by a claim. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#phase',
      of: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    {
      name: 'Claim',
      description:
        'claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the authoritative bind between PV and PVC. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding',
      of: claimOf,
    },
    { name: 'StorageClass', description: 'StorageClass of the pv', of: storageClassOf },
    {
      name: 'VolumeAttributesClass',
      description: 'VolumeAttributesClass of the pv',
      of: ({ spec }) => orUnset(spec.volumeAttributesClassName),
    },
    {
      name: 'Reason',
      description:
        'reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI.',
      of: ({ status }) => status?.reason ?? '',
    },
    age,
    {
      name: 'VolumeMode',
      wide: true,
      description:
        'volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state. Value of Filesystem is implied when not included in spec.',
      of: ({ spec }) => orUnset(spec.volumeMode),
    },
  ],
})
