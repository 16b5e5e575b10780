/** The claims that a pod uses, and what keeps one from being used. */
import { classOfClaim, volumeAnnotations } from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { Refusal, Volumes } from '../framework.js'

export interface NamedClaim {
  name: string
  /** Made for this pod, from a template in it. */
  ephemeral: boolean
}

/** By the order of the pod's volumes. */
export const claimsOf = ({ metadata, spec }: Pod): NamedClaim[] =>
  (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): NamedClaim[] => {
    if (persistentVolumeClaim) return [{ name: persistentVolumeClaim.claimName, ephemeral: false }]
    return ephemeral ? [{ name: `${metadata.name}-${name}`, ephemeral: true }] : []
  })

/** True when the pod uses that claim. */
export const usesClaim = (pod: Pod, { metadata }: Pick<PersistentVolumeClaim, 'metadata'>): boolean =>
  pod.metadata.namespace === metadata.namespace && claimsOf(pod).some(({ name }) => name === metadata.name)

/** Why a claim made from a template in the pod is not the pod's; undefined when it is. */
export function notForPod({ metadata }: PersistentVolumeClaim, pod: Pod): string | undefined {
  const { namespace, name, uid } = pod.metadata
  if (metadata.ownerReferences?.some(owner => owner.controller && owner.uid === uid)) return undefined
  return `PVC ${namespace}/${metadata.name} was not created for pod ${namespace}/${name} (pod is not owner)`
}

/** Why a claim cannot be used at all; undefined when it can. */
function problem({ name, ephemeral }: NamedClaim, claim: PersistentVolumeClaim | undefined, pod: Pod) {
  const quoted = JSON.stringify(name)
  if (!claim)
    return ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
      : `persistentvolumeclaim ${quoted} not found`
  if (claim.status?.phase === 'Lost')
    return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName ?? '')}`
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim ${quoted} is being deleted`
  return ephemeral ? notForPod(claim, pod) : undefined
}

export const isBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  Boolean(spec.volumeName) && metadata.annotations?.[volumeAnnotations.bindCompleted] !== undefined

const waitsForConsumer = (claim: PersistentVolumeClaim, volumes: Volumes): boolean =>
  !claim.spec.volumeName && volumes.storageClass(classOfClaim(claim))?.volumeBindingMode === 'WaitForFirstConsumer'

export interface PodClaims {
  bound: readonly PersistentVolumeClaim[]
  /** Their volumes are found, or made, once the pod has its node. */
  delayed: readonly PersistentVolumeClaim[]
}

/** Undefined when the pod uses none. */
export function sortClaims(pod: Pod, volumes: Volumes): PodClaims | Refusal | undefined {
  const named = claimsOf(pod)
  if (!named.length) return undefined
  const found = named.map(each => ({ each, claim: volumes.claim(pod.metadata.namespace ?? '', each.name) }))
  for (const { each, claim } of found) {
    const refused = problem(each, claim, pod)
    if (refused) return { refused }
  }
  const claims = found.flatMap(({ claim }) => claim ?? [])
  const unbound = claims.filter(claim => !isBound(claim))
  const delayed = unbound.filter(claim => waitsForConsumer(claim, volumes))
  if (delayed.length < unbound.length) return { refused: 'pod has unbound immediate PersistentVolumeClaims' }
  return { bound: claims.filter(isBound), delayed }
}
