/** Ephemeral-volume controller: makes the claims of pods whose volumes carry a template of one. */
import { persistentVolumeClaim as claimKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { PersistentVolumeClaim, Pod, Volume } from '../../apis/generated/core-v1.js'
import { keyOf } from '../../client/indexer.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { isControlledBy, newControllerRef } from '../runtime/owner.js'
import { done } from '../runtime/result.js'

const isEphemeral = ({ ephemeral }: Volume) => ephemeral !== undefined
const claimName = ({ metadata }: Pod, volume: Volume) => `${metadata.name}-${volume.name}`

const newClaim = (pod: Pod, volume: Volume): PersistentVolumeClaim => {
  const { metadata, spec } = volume.ephemeral?.volumeClaimTemplate ?? { spec: {} }
  const { annotations, labels } = metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(pod, volume),
      namespace: pod.metadata.namespace ?? '',
      ownerReferences: [newControllerRef(podKind, pod)],
      ...(annotations && { annotations }),
      ...(labels && { labels }),
    },
    spec,
  }
}

/** A claim of that name that is not the pod's is never used for it: whose data would it be? */
async function ensureClaim(pod: Pod, volume: Volume, { cache, client }: ReconcileContext): Promise<void> {
  const { namespace = '', name: podName } = pod.metadata
  const name = claimName(pod, volume)
  const claim = cache.get(claimKind, { namespace, name })
  if (claim && !isControlledBy(claim, pod))
    throw new Error(`PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`)
  if (claim) return
  await client.create(claimKind, newClaim(pod, volume)).catch(error => {
    throw new Error(`create PVC ${name}: ${(error as Error).message}`, { cause: error })
  })
}

export const ephemeralVolumeController = defineController<Pod>({
  name: 'ephemeral_volume',
  serviceAccount: 'ephemeral-volume-controller',
  component: 'ephemeral_volume',
  for: podKind,
  relevant: ({ spec }, old) => old === undefined && (spec.volumes ?? []).some(isEphemeral),
  watches: [
    {
      kind: claimKind,
      // A claim that was deleted while its pod lives is made anew.
      keys: (claim, cache, { type }) =>
        type !== 'delete'
          ? []
          : cache
              .list(podKind, claim.metadata.namespace)
              .filter(pod =>
                (pod.spec.volumes ?? []).some(v => isEphemeral(v) && claimName(pod, v) === claim.metadata.name),
              )
              .map(keyOf),
    },
  ],

  async reconcile(pod, context) {
    if (pod.metadata.deletionTimestamp) return done
    for (const volume of (pod.spec.volumes ?? []).filter(isEphemeral)) {
      try {
        await ensureClaim(pod, volume, context)
      } catch (error) {
        const text = `ephemeral volume ${volume.name}: ${(error as Error).message}`
        context.recorder.event(pod, 'Warning', 'FailedBinding', text)
        throw error
      }
    }
    return done
  },
})
