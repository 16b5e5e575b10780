/** The claims of a StatefulSet's pods, made before the pod. */
import { persistentVolumeClaim as claimKind } from '../../apis/core-v1/index.js'
import type { StatefulSet } from '../../apis/generated/apps-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { claimsFor, ordinalOf } from './identity.js'

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
