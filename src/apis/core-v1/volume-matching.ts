/** Which PersistentVolume suits a PersistentVolumeClaim; what the binding controller and the scheduler both ask. Pure; k8s.io/component-helpers/storage/volume. */
import { compareQuantity } from '../../machinery/quantity.js'
import { matchesLabels } from '../../machinery/selector/label-selector.js'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../generated/core-v1.js'
import { matchesNodeSelector } from './node-selector.js'

/** Annotations by which claims and volumes tell how far their binding is. */
export const volumeAnnotations = {
  /** Of claims: the binding is complete. */
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  /** Of claims and volumes: the controller chose, not the user. */
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  /** Of volumes: the provisioner that made them. */
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  /** Of claims: the provisioner that is to make a volume. */
  provisioner: 'volume.kubernetes.io/storage-provisioner',
  betaProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  /** Of claims: the node that the scheduler chose for their first consumer. */
  selectedNode: 'volume.kubernetes.io/selected-node',
} as const

/** The older way to name a class. */
const betaClass = 'volume.beta.kubernetes.io/storage-class'

/** Name of the StorageClass of a claim; empty for none. */
export const classOfClaim = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.[betaClass] ?? spec.storageClassName ?? ''

/** As classOfClaim. */
export const classOfVolume = ({ metadata, spec }: PersistentVolume): string =>
  metadata.annotations?.[betaClass] ?? spec.storageClassName ?? ''

/** True where the user has said which class, be it none. */
export const namesClass = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[betaClass] !== undefined || spec.storageClassName !== undefined

/** True for a volume that is meant for this claim, by name or already by uid. */
export function isBoundTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef?.name !== metadata.name || claimRef?.namespace !== metadata.namespace) return false
  return !claimRef?.uid || claimRef.uid === metadata.uid
}

const sizeOf = ({ spec }: PersistentVolume) => spec.capacity?.storage ?? '0'
const requestOf = ({ spec }: PersistentVolumeClaim) => spec.resources?.requests?.storage ?? '0'
const modeOf = ({ spec }: PersistentVolume | PersistentVolumeClaim) => spec.volumeMode ?? 'Filesystem'

/** False where one is a file system and the other a block device. */
export const agreeOnMode = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  modeOf(volume) === modeOf(claim)

const hasAccessModes = ({ spec: { accessModes: has = [] } }: PersistentVolume, { spec }: PersistentVolumeClaim) =>
  (spec.accessModes ?? []).every(mode => has.includes(mode))

const agreeOnAttributes = (volume: PersistentVolume, claim: PersistentVolumeClaim) =>
  (volume.spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '')

/** Why a volume that the claim asks for by name cannot be given to it; undefined when it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp)
    return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  if (compareQuantity(sizeOf(volume), requestOf(claim)) < 0) return 'requested PV is too small'
  if (classOfVolume(volume) !== classOfClaim(claim)) return 'storageClassName does not match'
  if (!agreeOnAttributes(volume, claim)) return 'volumeAttributesClassName does not match'
  if (!agreeOnMode(volume, claim)) return 'incompatible volumeMode'
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode'
}

export interface MatchOptions {
  /** The node that it must be reachable from: the scheduler asks for one. */
  node?: Pick<Node, 'metadata'>
  /** The claim waits for its first consumer: without a node only what is meant for it already counts. */
  delayed?: boolean
  /** Names of volumes that are not to be taken. */
  taken?: ReadonlySet<string>
}

const reaches = ({ spec }: PersistentVolume, node: MatchOptions['node']) => {
  const required = spec.nodeAffinity?.required
  return !node || !required || matchesNodeSelector(required, node)
}

const isFree = (volume: PersistentVolume, claim: PersistentVolumeClaim) =>
  volume.status?.phase === 'Available' &&
  classOfVolume(volume) === classOfClaim(claim) &&
  hasAccessModes(volume, claim) &&
  (!claim.spec.selector || matchesLabels(claim.spec.selector, volume.metadata.labels ?? {}))

/** Few access modes before many, small before large, then by name: what is left serves the most other claims. */
const byThrift = (a: PersistentVolume, b: PersistentVolume) =>
  (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0) ||
  compareQuantity(sizeOf(a), sizeOf(b)) ||
  (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '')

/** The volume that is meant for the claim, else the smallest that is free and suits it. */
export function bestMatch(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, delayed, taken }: MatchOptions = {},
): PersistentVolume | undefined {
  const possible = volumes.filter(
    volume =>
      !taken?.has(volume.metadata.name ?? '') &&
      (!volume.spec.claimRef || isBoundTo(volume, claim)) &&
      !volume.metadata.deletionTimestamp &&
      compareQuantity(sizeOf(volume), requestOf(claim)) >= 0 &&
      agreeOnMode(volume, claim) &&
      agreeOnAttributes(volume, claim),
  )
  const meant = possible.find(volume => isBoundTo(volume, claim))
  if (meant) return reaches(meant, node) ? meant : undefined
  if (delayed && !node) return undefined
  return possible.filter(volume => isFree(volume, claim) && reaches(volume, node)).sort(byThrift)[0]
}

/** The volume with its side of the binding, marked as `chosen` by us where the user did not; undefined where it has it already. */
export function volumeBoundTo(
  volume: PersistentVolume,
  { metadata }: PersistentVolumeClaim,
  chosen: boolean,
): PersistentVolume | undefined {
  const { claimRef } = volume.spec
  if (claimRef?.uid === metadata.uid && claimRef?.name === metadata.name && claimRef?.namespace === metadata.namespace)
    return undefined
  const { namespace, name, uid, resourceVersion } = metadata
  const reference = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(uid && { uid }),
    ...(resourceVersion && { resourceVersion }),
  }
  const bound = { ...volume, spec: { ...volume.spec, claimRef: reference } }
  if (!chosen) return bound
  const annotations = { ...volume.metadata.annotations, [volumeAnnotations.boundByController]: 'yes' }
  return { ...bound, metadata: { ...volume.metadata, annotations } }
}
