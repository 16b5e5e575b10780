/** The writes that bind a claim and a volume to each other, in upstream's order: each may be the last before a crash, and the next look goes on. */
import { persistentVolumeClaim as claimKind, persistentVolume as volumeKind } from '../../apis/core-v1/index.js'
import { isBoundTo, volumeAnnotations, volumeBoundTo } from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolume, PersistentVolumeClaim } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { compareQuantity } from '../../machinery/quantity.js'

const { boundByController, bindCompleted } = volumeAnnotations

/** A copy with the annotation. */
export const annotated = <T extends KubernetesObject>(object: T, key: string, value: string): T => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [key]: value } },
})

export const isAnnotated = ({ metadata }: KubernetesObject, key: string): boolean =>
  metadata.annotations?.[key] !== undefined

/** The claim with its side of the binding; undefined where it has it already. */
export function claimBoundTo(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): PersistentVolumeClaim | undefined {
  const name = volume.metadata.name ?? ''
  if (claim.spec.volumeName === name && isAnnotated(claim, bindCompleted)) return undefined
  if (claim.spec.volumeName === name) return annotated(claim, bindCompleted, 'yes')
  const chosen = annotated(annotated(claim, boundByController, 'yes'), bindCompleted, 'yes')
  return { ...chosen, spec: { ...claim.spec, volumeName: name } }
}

/** What a claim's status says of the volume it has got, or of having none; undefined where it says so already. */
export function claimStatus(
  claim: PersistentVolumeClaim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume?: PersistentVolume,
): PersistentVolumeClaim['status'] | undefined {
  const { accessModes, capacity, currentVolumeAttributesClassName, ...rest } = claim.status ?? {}
  const before = claim.status ?? {}
  if (!volume) {
    if (before.phase === phase && !accessModes && !capacity && currentVolumeAttributesClassName === undefined)
      return undefined
    return { ...rest, phase }
  }
  const status = { ...before, phase, ...(volume.spec.accessModes && { accessModes: volume.spec.accessModes }) }
  const size = volume.spec.capacity?.storage
  // What is bound already may show less than the volume has, while its file system grows.
  if (before.phase !== phase && size && (!capacity?.storage || compareQuantity(capacity.storage, size) !== 0))
    status.capacity = volume.spec.capacity!
  if (before.phase === 'Pending' && volume.spec.volumeAttributesClassName)
    status.currentVolumeAttributesClassName = volume.spec.volumeAttributesClassName
  const same =
    before.phase === phase &&
    status.capacity === capacity &&
    JSON.stringify(status.accessModes) === JSON.stringify(accessModes)
  return same ? undefined : status
}

/** Writes the phase where it is another. Resolves with the volume as it is then. */
export async function setVolumePhase(
  client: Client,
  volume: PersistentVolume,
  phase: string,
  message?: string,
): Promise<PersistentVolume> {
  if (volume.status?.phase === phase) return volume
  const { message: _, reason: __, ...rest } = volume.status ?? {}
  return client.updateStatus(volumeKind, { ...volume, status: { ...rest, phase, ...(message && { message }) } })
}

/** As setVolumePhase, of claims. */
export async function setClaimPhase(
  client: Client,
  claim: PersistentVolumeClaim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume?: PersistentVolume,
): Promise<void> {
  const status = claimStatus(claim, phase, volume)
  if (status) await client.updateStatus(claimKind, { ...claim, status })
}

/** Binds both, or finishes a binding that was begun. */
export async function bind(client: Client, volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
  const taken = volumeBoundTo(volume, claim, !isBoundTo(volume, claim))
  const saved = taken ? await client.update(volumeKind, taken) : volume
  const bound = await setVolumePhase(client, saved, 'Bound')
  const given = claimBoundTo(claim, bound)
  const current = given ? await client.update(claimKind, given) : claim
  await setClaimPhase(client, current, 'Bound', bound)
}

/** Gives a volume free whose claim has got another; one that the user meant for the claim stays meant for it. */
export async function unbind(client: Client, volume: PersistentVolume): Promise<void> {
  const { claimRef, ...spec } = volume.spec
  const { [boundByController]: chosen, ...annotations } = volume.metadata.annotations ?? {}
  const { uid: _, ...reserved } = claimRef ?? {}
  const free =
    chosen === undefined
      ? { ...volume, spec: { ...spec, claimRef: reserved } }
      : { ...volume, metadata: { ...volume.metadata, annotations }, spec }
  await setVolumePhase(client, await client.update(volumeKind, free), 'Available')
}
