/** Expansion: a claim that asks for more than it has gets it, where the volume is of our own making; others wait for their driver. */
import { persistentVolumeClaim as claimKind, persistentVolume as volumeKind } from '../../apis/core-v1/index.js'
import { volumeAnnotations } from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolume, PersistentVolumeClaim } from '../../apis/generated/core-v1.js'
import { keyOf } from '../../client/indexer.js'
import { formatTime } from '../../machinery/clock.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { compareQuantity } from '../../machinery/quantity.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'

/** Annotation of claims: who resizes their volume. */
const resizer = 'volume.kubernetes.io/storage-resizer'
/** Conditions about resizing; none of them outlives it. */
const resizeConditions = ['FileSystemResizePending', 'Resizing', 'ControllerResizeError', 'NodeResizeError']

const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec.resources?.requests?.storage ?? '0'
const given = ({ status }: PersistentVolumeClaim): string => status?.capacity?.storage ?? '0'

type Status = NonNullable<PersistentVolumeClaim['status']>

const otherConditions = ({ conditions }: Status) =>
  (conditions ?? []).filter(({ type }) => !resizeConditions.includes(type))

/** The claim as it is while its volume grows. */
export function inProgress(claim: PersistentVolumeClaim, name: string, now: number): PersistentVolumeClaim {
  const status = claim.status ?? {}
  const since = status.conditions?.find(({ type }) => type === 'Resizing')?.lastTransitionTime ?? formatTime(now)
  const condition = { type: 'Resizing', status: 'True', lastTransitionTime: since }
  return {
    ...claim,
    metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [resizer]: name } },
    status: {
      ...status,
      conditions: [...otherConditions(status), condition],
      allocatedResources: { ...status.allocatedResources, storage: sizeOf(claim) },
      allocatedResourceStatuses: { ...status.allocatedResourceStatuses, storage: 'ControllerResizeInProgress' },
    },
  }
}

/** The claim once its volume has grown: a directory needs nothing done on the node. */
export function finished(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { allocatedResourceStatuses, conditions: _, ...status } = claim.status ?? {}
  const { storage: __, ...statuses } = allocatedResourceStatuses ?? {}
  const conditions = otherConditions(claim.status ?? {})
  return {
    ...claim,
    status: {
      ...status,
      capacity: { ...status.capacity, storage: sizeOf(claim) },
      ...(Object.keys(statuses).length && { allocatedResourceStatuses: statuses }),
      ...(conditions.length && { conditions }),
    },
  }
}

async function expand(claim: PersistentVolumeClaim, volume: PersistentVolume, name: string, context: ReconcileContext) {
  const { client, clock, recorder } = context
  const started = await client.updateStatus(claimKind, inProgress(claim, name, clock.now()))
  if (compareQuantity(volume.spec.capacity?.storage ?? '0', sizeOf(claim)) < 0) {
    const body = { spec: { capacity: { storage: sizeOf(claim) } } }
    await client.patch(volumeKind, volume.metadata as ObjectKey, { type: 'application/merge-patch+json', body })
  }
  await client.updateStatus(claimKind, finished(started))
  const key = keyOf(claim)
  recorder.event(claim, 'Normal', 'VolumeResizeSuccessful', `ExpandVolume succeeded for volume ${key}`)
}

/** `own`: the provisioner in this process, as volumes name it. */
export const volumeExpander = (own?: string): Controller =>
  defineController<PersistentVolumeClaim>({
    name: 'volume_expand',
    serviceAccount: 'expand-controller',
    component: 'volume_expand',
    for: claimKind,
    reads: [volumeKind],
    relevant: (claim, old) =>
      claim.status?.phase === 'Bound' && (!old || compareQuantity(sizeOf(claim), sizeOf(old)) > 0),

    async reconcile(claim, context) {
      if (claim.status?.phase !== 'Bound' || compareQuantity(sizeOf(claim), given(claim)) <= 0) return done
      const volume = context.cache.get(volumeKind, { name: claim.spec.volumeName ?? '' })
      if (volume?.spec.claimRef?.uid !== claim.metadata.uid)
        throw new Error(`persistent Volume is not bound to PVC being updated : ${keyOf(claim)}`)
      if (own && volume?.metadata.annotations?.[volumeAnnotations.provisionedBy] === own) {
        await expand(claim, volume, own, context)
        return done
      }
      const text = 'waiting for an external controller to expand this PVC'
      context.recorder.event(claim, volume?.spec.csi ? 'Normal' : 'Warning', 'ExternalExpanding', text)
      return done
    },
  })
