/** Checks of persistent volumes: capacity, access, one source, and what may change. */
import { cloneJson } from '../../machinery/clone.js'
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import type { PersistentVolume, PersistentVolumeSpec } from '../generated/core-v1.js'
import { semanticEqual as semanticEqualJson } from '../validation/semantic-equal.js'
import { sortedMapIn } from '../validation/sorted-map.js'
import { internalDiff, internalForm, semanticEqual } from './internal-form.js'
import { validateAccessModes, validateClassName, volumeModes } from './persistent-volume-claim-spec.js'
import { validatePersistentVolumeSource } from './persistent-volume-source.js'
import { validateNodeSelector } from './pod-spec/node-affinity.js'
import { validateBasicQuantity, validatePositiveQuantity } from './resource-validation.js'

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'] as const

function* validateCapacity(spec: PersistentVolumeSpec): Generator<FieldError> {
  const path = 'spec.capacity'
  const { capacity = {} } = spec
  const names = Object.keys(capacity)
  if (!names.length) yield required(path)
  if (!('storage' in capacity) || names.length > 1) yield notSupported(path, sortedMapIn(spec, 'capacity'), ['storage'])
  for (const [name, quantity] of Object.entries(capacity)) {
    yield* validateBasicQuantity(quantity, `${path}[${name}]`)
    yield* validatePositiveQuantity(quantity, `${path}[${name}]`)
  }
}

function* validateNodeAffinity({ nodeAffinity }: PersistentVolumeSpec): Generator<FieldError> {
  const path = 'spec.nodeAffinity.required'
  if (!nodeAffinity) return
  if (nodeAffinity.required) yield* validateNodeSelector(nodeAffinity.required, path)
  else yield required(path, 'must specify required node constraints')
}

const isRoot = (path: string) => path.startsWith('/') && path.split('/').every(part => part === '' || part === '.')

/** The host's whole disk would be emptied. */
export const isRecycledRoot = ({ hostPath, persistentVolumeReclaimPolicy: policy }: PersistentVolumeSpec): boolean =>
  !!hostPath && isRoot(hostPath.path) && policy === 'Recycle'

function* validateClasses(spec: PersistentVolumeSpec): Generator<FieldError> {
  const { storageClassName, volumeMode, volumeAttributesClassName: attributesClass } = spec
  if (storageClassName) yield* validateClassName(storageClassName, 'spec.storageClassName')
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode as never))
    yield notSupported('spec.volumeMode', volumeMode, volumeModes)
  if (attributesClass === undefined) return
  const path = 'spec.volumeAttributesClassName'
  if (attributesClass) yield* validateClassName(attributesClass, path)
  else yield required(path, 'an empty string is disallowed')
  if (!spec.csi) yield required('spec.csi', 'has to be specified when using volumeAttributesClassName')
}

const mountOptionsAnnotation = 'volume.beta.kubernetes.io/mount-options'

const mountable = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
] as const

function* validateMountOptions({ metadata, spec }: PersistentVolume): Generator<FieldError> {
  if (metadata.annotations && mountOptionsAnnotation in metadata.annotations && !mountable.some(source => spec[source]))
    yield forbidden(
      `metadata.annotations.${mountOptionsAnnotation}`,
      'may not specify mount options for this volume type',
    )
}

/** The volume by itself. */
export function* validatePersistentVolume(volume: PersistentVolume): Generator<FieldError> {
  const { metadata, spec } = volume
  const { persistentVolumeReclaimPolicy: policy } = spec
  if (!spec.accessModes?.length) yield required('spec.accessModes')
  yield* validateAccessModes(spec.accessModes, 'spec.accessModes')
  yield* validateCapacity(spec)
  if (policy && !reclaimPolicies.includes(policy as never))
    yield notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies)
  yield* validateNodeAffinity(spec)
  yield* validatePersistentVolumeSource(spec, metadata.name ?? '')
  if (isRecycledRoot(spec))
    yield forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")
  yield* validateClasses(spec)
  yield* validateMountOptions(volume)
}

const gaLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

/** Beta labels as the GA labels that the new affinity has in their place. */
function withGaLabels(affinity: PersistentVolumeSpec['nodeAffinity'], now: PersistentVolumeSpec['nodeAffinity']) {
  const copy = cloneJson(affinity)
  for (const [t, term] of (copy?.required?.nodeSelectorTerms ?? []).entries())
    for (const [e, expression] of (term.matchExpressions ?? []).entries()) {
      const newKey = now?.required?.nodeSelectorTerms?.[t]?.matchExpressions?.[e]?.key
      if (newKey !== undefined && (gaLabels[expression.key] ?? '') === newKey) expression.key = newKey
    }
  return copy
}

/** A CSI volume may be given the secret for its expansion later. */
function maskAddedExpandSecret(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): PersistentVolumeSpec {
  if (!spec.csi?.controllerExpandSecretRef || !old.csi || old.csi.controllerExpandSecretRef) return spec
  const { controllerExpandSecretRef: _, ...csi } = spec.csi
  return { ...spec, csi }
}

/** What may not change. */
export function* validatePersistentVolumeUpdate(
  { spec }: PersistentVolume,
  { spec: old }: PersistentVolume,
): Generator<FieldError> {
  const masked = maskAddedExpandSecret(spec, old)
  if (!semanticEqual('PersistentVolumeSource', masked, old)) {
    const diff = internalDiff('PersistentVolumeSource', old, masked)
    yield forbidden('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${diff}`)
  }
  if (spec.volumeMode !== old.volumeMode) yield invalid('volumeMode', spec.volumeMode ?? null, 'field is immutable')
  if (old.nodeAffinity && !semanticEqualJson(spec.nodeAffinity, withGaLabels(old.nodeAffinity, spec.nodeAffinity)))
    yield invalid(
      'nodeAffinity',
      spec.nodeAffinity ? internalForm('VolumeNodeAffinity', spec.nodeAffinity) : null,
      'field is immutable, except for updating from beta label to GA',
    )
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined)
    yield forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')
}
