/** The claims of a StatefulSet's pods: made before the pod, owned as the retention policy says. */
import { statefulSet as setKind } from '../../apis/apps-v1/index.js'
import { persistentVolumeClaim as claimKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { StatefulSet } from '../../apis/generated/apps-v1.js'
import type { PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { ObjectKey, OwnerReference } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { newControllerRef } from '../runtime/owner.js'
import { claimsFor, ordinalOf, sizeOf, startOrdinal } from './identity.js'

/** Throws where a claim is on its way out: the pod must not start on it. */
export async function ensureClaims(set: StatefulSet, pod: Pod, context: ReconcileContext): Promise<void> {
  const { cache, client, recorder } = context
  for (const claim of claimsFor(set, ordinalOf(pod)).values()) {
    const { name } = claim.metadata
    const present = cache.get(claimKind, claim.metadata as ObjectKey)
    if (present?.metadata.deletionTimestamp) throw new Error(`pvc ${name} is being deleted`)
    if (present) continue
    const subject = `Claim ${name} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
    try {
      await client.create(claimKind, claim)
      recorder.event(set, 'Normal', 'SuccessfulCreate', `create ${subject} success`)
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) continue
      const text = (error as Error).message
      recorder.event(
        set,
        'Warning',
        'FailedCreate',
        `create Claim ${name} for Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${text}`,
      )
      throw new Error(`failed to create PVC ${name}: ${text}`)
    }
  }
}

/** Who owns a claim: the set where claims go with it, the pod where they go when it is scaled away. */
export function planOwners(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): OwnerReference[] {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {}
  const others = (claim.metadata.ownerReferences ?? []).filter(
    r => r.uid !== set.metadata.uid && r.uid !== pod.metadata.uid,
  )
  const position = ordinalOf(pod) - startOrdinal(set)
  const condemned = position < 0 || position >= sizeOf(set)
  const owner =
    condemned && whenScaled === 'Delete'
      ? { kind: podKind, object: pod }
      : whenDeleted === 'Delete'
        ? { kind: setKind, object: set }
        : undefined
  // A claim that another controller owns is none of ours.
  if (!owner || others.some(r => r.controller)) return others
  return [...others, newControllerRef(owner.kind, owner.object)]
}

/** Writes the owners where they are not as planned. */
export async function syncOwners(set: StatefulSet, pod: Pod, { cache, client }: ReconcileContext): Promise<void> {
  for (const { metadata } of claimsFor(set, ordinalOf(pod)).values()) {
    const claim = cache.get(claimKind, metadata as ObjectKey)
    if (!claim) continue
    const ownerReferences = planOwners(set, pod, claim)
    if (!semanticEqual(ownerReferences, claim.metadata.ownerReferences))
      await client.update(claimKind, { ...claim, metadata: { ...claim.metadata, ownerReferences } })
  }
}
