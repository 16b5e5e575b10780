/** Keeps the phase of each volume, and does with those whose claim is gone what their reclaim policy says. */
import { persistentVolumeClaim as claimKind, persistentVolume as volumeKind } from '../../apis/core-v1/index.js'
import { agreeOnMode, volumeAnnotations } from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolume, PersistentVolumeClaim } from '../../apis/generated/core-v1.js'
import { isReason } from '../../machinery/status-error.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, type Result } from '../runtime/result.js'
import { isAnnotated, setVolumePhase, unbind } from './binding.js'

/** Takes the storage of volumes away that it made. */
export interface Deleter {
  /** As volumes name it. */
  name: string
  delete(volume: PersistentVolume): Promise<void>
}

const { provisionedBy } = volumeAnnotations

/** The claim that the volume is bound to, by uid; asked of the server where the cache does not have it. */
async function claimOf(volume: PersistentVolume, { cache, client }: ReconcileContext) {
  const { namespace = '', name = '', uid } = volume.spec.claimRef ?? {}
  const known = cache.get(claimKind, { namespace, name })
  if (known?.metadata.uid === uid) return known
  const live = await client.get(claimKind, { namespace, name }).catch(error => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  return live?.metadata.uid === uid ? live : undefined
}

/** Where nobody can do what the policy says; what a provisioner made is its to delete. */
function planRefusal({ metadata, spec }: PersistentVolume): { reason: string; message: string } | undefined {
  const { persistentVolumeReclaimPolicy: policy, hostPath } = spec
  if (policy === 'Recycle')
    return { reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' }
  if (policy !== 'Delete' || metadata.annotations?.[provisionedBy]) return undefined
  const reason = 'VolumeFailedDelete'
  if (!hostPath) {
    const message = `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched`
    return { reason, message }
  }
  // Upstream deletes directories of its own machine below /tmp; this one leaves them where they are.
  if (/^\/tmp\/.+/.test(hostPath.path)) return undefined
  return { reason, message: `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}` }
}

async function reclaim(volume: PersistentVolume, context: ReconcileContext, own: Deleter | undefined): Promise<Result> {
  const { client, recorder } = context
  const isFinal = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed'
  const released = isFinal ? volume : await setVolumePhase(client, volume, 'Released')
  const refusal = planRefusal(volume)
  if (refusal) {
    if (volume.status?.phase !== 'Failed') recorder.event(released, 'Warning', refusal.reason, refusal.message)
    await setVolumePhase(client, released, 'Failed', refusal.message)
    return done
  }
  const policy = volume.spec.persistentVolumeReclaimPolicy
  if (policy !== 'Delete' || volume.metadata.annotations?.[provisionedBy] !== own?.name || !own) return done
  try {
    await own.delete(released)
  } catch (error) {
    const { message } = error as Error
    recorder.event(released, 'Warning', 'VolumeFailedDelete', message)
    await setVolumePhase(client, released, 'Failed', message)
    throw error
  }
  const { name = '', uid } = volume.metadata
  await client.delete(volumeKind, { name }, { preconditions: { ...(uid && { uid }) } })
  return done
}

function tellOfMode(volume: PersistentVolume, claim: PersistentVolumeClaim, { recorder }: ReconcileContext): void {
  const [ofVolume, ofClaim] = [volume.metadata.name, claim.metadata.name].map(name => JSON.stringify(name))
  const reason = 'VolumeMismatch'
  const forVolume = `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${ofClaim} due to incompatible volumeMode.`
  const forClaim = `Cannot bind PersistentVolume ${ofVolume} to requested PersistentVolumeClaim due to incompatible volumeMode.`
  recorder.event(volume, 'Warning', reason, forVolume)
  recorder.event(claim, 'Warning', reason, forClaim)
}

async function reconcile(
  volume: PersistentVolume,
  context: ReconcileContext,
  own: Deleter | undefined,
): Promise<Result> {
  const { client } = context
  if (!volume.spec.claimRef?.uid) {
    await setVolumePhase(client, volume, 'Available')
    return done
  }
  const claim = await claimOf(volume, context)
  if (!claim) return reclaim(volume, context, own)
  const { volumeName } = claim.spec
  if (volumeName === volume.metadata.name) await setVolumePhase(client, volume, 'Bound')
  else if (!volumeName) {
    if (!agreeOnMode(volume, claim)) tellOfMode(volume, claim, context)
  } else if (isAnnotated(volume, provisionedBy) && volume.spec.persistentVolumeReclaimPolicy === 'Delete')
    // Made for this claim, which has got another by now.
    return reclaim(volume, context, own)
  else await unbind(client, volume)
  return done
}

/** `own` deletes what this process made; what others made is theirs. */
export const volumeBinder = (own?: Deleter): Controller =>
  defineController<PersistentVolume>({
    name: 'volumes',
    serviceAccount: 'persistent-volume-binder',
    component: 'persistentvolume-controller',
    for: volumeKind,
    watches: [
      { kind: claimKind, keys: claim => [(claim as PersistentVolumeClaim).spec.volumeName ?? ''].filter(Boolean) },
    ],
    reconcile: (volume, context) => reconcile(volume, context, own),
  })
