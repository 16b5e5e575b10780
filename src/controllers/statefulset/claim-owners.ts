/** Who owns the claims of a StatefulSet's pods, as the retention policy says: with its owner a claim goes. */
import { statefulSet as setKind } from '../../apis/apps-v1/index.js'
import { persistentVolumeClaim as claimKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { StatefulSet } from '../../apis/generated/apps-v1.js'
import type { PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey, OwnerReference } from '../../machinery/object-meta.js'
import type { Cache } from '../runtime/cache.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { apiVersionOf, newControllerRef } from '../runtime/owner.js'
import { claimsFor, ordinalOf, sizeOf, startOrdinal } from './identity.js'

interface Owners {
  set: StatefulSet
  pod: Pod
}

/** By name: references to a former set or pod of the name are found as well. */
const namesOwner = (reference: OwnerReference, { set, pod }: Owners): StatefulSet | Pod | undefined => {
  const names = (kind: KindRef, { metadata }: KubernetesObject) =>
    reference.apiVersion === apiVersionOf(kind) && reference.kind === kind.kind && reference.name === metadata.name
  return names(setKind, set) ? set : names(podKind, pod) ? pod : undefined
}

const isFormer = (reference: OwnerReference, owners: Owners): boolean => {
  const owner = namesOwner(reference, owners)
  return owner !== undefined && owner.metadata.uid !== reference.uid
}

const retentionOf = ({ spec }: StatefulSet) => ({
  whenDeleted: spec.persistentVolumeClaimRetentionPolicy?.whenDeleted ?? 'Retain',
  whenScaled: spec.persistentVolumeClaimRetentionPolicy?.whenScaled ?? 'Retain',
})

/** Where claims go at all, those that another controller owns are none of ours. */
const isForeign = (claim: PersistentVolumeClaim, owners: Owners): boolean => {
  const { whenDeleted, whenScaled } = retentionOf(owners.set)
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false
  return (claim.metadata.ownerReferences ?? []).some(r => r.controller && !namesOwner(r, owners))
}

/** The set where claims go with it, the pod where they go when it is scaled away. */
function wantedOwner({ set, pod }: Owners): OwnerReference | undefined {
  const { whenDeleted, whenScaled } = retentionOf(set)
  const position = ordinalOf(pod) - startOrdinal(set)
  const isCondemned = position < 0 || position >= sizeOf(set)
  if (isCondemned && whenScaled === 'Delete') return newControllerRef(podKind, pod)
  return whenDeleted === 'Delete' ? newControllerRef(setKind, set) : undefined
}

/** Who should own the claim; undefined where all is well, or the claim belongs to a former set or pod and is about to go. */
export function planOwners(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): OwnerReference[] | undefined {
  const owners = { set, pod }
  const references = claim.metadata.ownerReferences ?? []
  if (references.some(r => isFormer(r, owners))) return undefined
  const ours = references.filter(r => namesOwner(r, owners))
  const wanted = isForeign(claim, owners) ? undefined : wantedOwner(owners)
  const isRight = wanted
    ? ours.length === 1 && ours.every(r => r.uid === wanted.uid && r.controller)
    : ours.length === 0
  return isRight ? undefined : [...references.filter(r => !ours.includes(r)), ...(wanted ? [wanted] : [])]
}

const knownClaims = (set: StatefulSet, pod: Pod, cache: Cache): PersistentVolumeClaim[] =>
  [...claimsFor(set, ordinalOf(pod)).values()].flatMap(
    ({ metadata }) => cache.get(claimKind, metadata as ObjectKey) ?? [],
  )

/** Some claim of the pod does not belong to whom it should. */
export const ownersDiffer = (set: StatefulSet, pod: Pod, cache: Cache): boolean =>
  knownClaims(set, pod, cache).some(claim => planOwners(set, pod, claim) !== undefined)

/** A pod of the name is gone, and a claim is to follow it: the next pod must not start on it. `pod` is not made yet. */
export const hasStaleClaim = (set: StatefulSet, pod: Pod, cache: Cache): boolean =>
  retentionOf(set).whenScaled !== 'Retain' &&
  knownClaims(set, pod, cache).some(({ metadata }) =>
    metadata.ownerReferences?.some(r => namesOwner(r, { set, pod }) === pod),
  )

/** Writes the owners where they are not as planned. */
export async function syncOwners(set: StatefulSet, pod: Pod, context: ReconcileContext): Promise<void> {
  const { cache, client, recorder } = context
  for (const claim of knownClaims(set, pod, cache)) {
    const { name } = claim.metadata
    if (isForeign(claim, { set, pod })) {
      const text = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`
      recorder.event(set, 'Warning', 'ConflictingController', text)
    }
    const ownerReferences = planOwners(set, pod, claim)
    if (!ownerReferences) continue
    await client.update(claimKind, { ...claim, metadata: { ...claim.metadata, ownerReferences } })
  }
}
