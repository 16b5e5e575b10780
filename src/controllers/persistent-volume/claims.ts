/** Finds a volume for each claim, has one made where there is none, and tells when one is lost. */
import {
  persistentVolumeClaim as claimKind,
  pod as podKind,
  persistentVolume as volumeKind,
} from '../../apis/core-v1/index.js'
import {
  bestMatch,
  classOfClaim,
  isBoundTo,
  mismatch,
  namesClass,
  volumeAnnotations,
} from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { StorageClass } from '../../apis/generated/storage-v1.js'
import { storageClass as classKind, defaultStorageClassOf } from '../../apis/storage-v1/storage-class.js'
import { keyOf } from '../../client/indexer.js'
import { isReason } from '../../machinery/status-error.js'
import type { Cache } from '../runtime/cache.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'
import { annotated, bind, isAnnotated, setClaimPhase } from './binding.js'

/** Makes volumes of the classes that name it. */
export interface Provisioner {
  /** As classes name it. */
  name: string
  /** The volume for a claim, ready to be created, with its storage there. May be asked again for the same claim. */
  provision(claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<PersistentVolume>
}

/** As upstream looks at every claim again: storage of others may come without an event. */
const resyncMs = 15_000
const { bindCompleted, boundByController, provisioner, betaProvisioner, selectedNode } = volumeAnnotations

const isUnsettled = (claim: PersistentVolumeClaim) => !isAnnotated(claim, bindCompleted)
const claimRefKey = ({ spec: { claimRef } }: PersistentVolume) =>
  claimRef?.name ? [`${claimRef.namespace}/${claimRef.name}`] : []

function keysOfVolume(volume: PersistentVolume, cache: Cache): string[] {
  const bound = cache.list(claimKind).filter(({ spec }) => spec.volumeName === volume.metadata.name)
  const waiting = volume.spec.claimRef ? [] : cache.list(claimKind).filter(isUnsettled)
  return [...claimRefKey(volume), ...[...bound, ...waiting].map(keyOf)]
}

/** Names of the pods that use the claim and have no node yet, sorted. */
function waitingPods(claim: PersistentVolumeClaim, cache: Cache): string[] {
  return cache
    .list(podKind, claim.metadata.namespace)
    .filter(({ spec }) => !spec.nodeName)
    .filter(({ metadata, spec }: Pod) =>
      (spec.volumes ?? []).some(
        ({ name, persistentVolumeClaim, ephemeral }) =>
          persistentVolumeClaim?.claimName === claim.metadata.name ||
          (ephemeral && `${metadata.name}-${name}` === claim.metadata.name),
      ),
    )
    .map(({ metadata }) => metadata.name ?? '')
    .sort()
}

function tellOfWaiting(claim: PersistentVolumeClaim, { cache, recorder }: ReconcileContext): void {
  const pods = waitingPods(claim, cache)
  const [reason, message] =
    pods.length === 0
      ? ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding']
      : ['WaitForPodScheduled', `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`]
  recorder.event(claim, 'Normal', reason!, message!)
}

/** A claim that was bound stays with its volume; without it, it is lost for good. */
async function reconcileBound(
  claim: PersistentVolumeClaim,
  { cache, client, recorder }: ReconcileContext,
): Promise<Result> {
  const lose = async (reason: string, message: string) => {
    if (claim.status?.phase !== 'Lost') recorder.event(claim, 'Warning', reason, message)
    await setClaimPhase(client, claim, 'Lost')
    return done
  }
  const { volumeName } = claim.spec
  if (!volumeName)
    return lose('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = cache.get(volumeKind, { name: volumeName })
  if (!volume) return lose('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const { claimRef } = volume.spec
  if (claimRef && claimRef.uid !== claim.metadata.uid)
    return lose('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
  await bind(client, volume, claim)
  return done
}

/** A claim that asks for one volume waits for that one. */
async function reconcileNamed(
  claim: PersistentVolumeClaim,
  { cache, client, recorder }: ReconcileContext,
): Promise<Result> {
  const name = claim.spec.volumeName ?? ''
  const volume = cache.get(volumeKind, { name })
  if (volume && isBoundTo(volume, claim)) {
    await bind(client, volume, claim)
    return done
  }
  if (volume && !volume.spec.claimRef) {
    const problem = mismatch(volume, claim)
    if (!problem) {
      await bind(client, volume, claim)
      return done
    }
    recorder.event(
      claim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind to requested volume ${JSON.stringify(name)}: ${problem}`,
    )
  } else if (volume) {
    const text = `volume ${JSON.stringify(name)} already bound to a different claim.`
    recorder.event(claim, 'Warning', 'FailedBinding', text)
    if (isAnnotated(claim, boundByController))
      throw new Error(`invalid binding of claim "${keyOf(claim)}" to volume "${name}"`)
  }
  await setClaimPhase(client, claim, 'Pending')
  return requeueAfter(resyncMs)
}

/** The provisioner is told, or asked at once where it is ours. */
async function provisionFor(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  { client, recorder }: ReconcileContext,
  own: Provisioner | undefined,
): Promise<Result> {
  const name = storageClass.provisioner
  const asked = annotated(annotated(claim, betaProvisioner, name), provisioner, name)
  const current = isAnnotated(claim, provisioner) ? claim : await client.update(claimKind, asked)
  if (own?.name !== name) {
    const text = `Waiting for a volume to be created either by the external provisioner '${name}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
    recorder.event(current, 'Normal', 'ExternalProvisioning', text)
    await setClaimPhase(client, current, 'Pending')
    return requeueAfter(resyncMs)
  }
  try {
    const volume = await client.create(volumeKind, await own.provision(current, storageClass))
    recorder.event(
      current,
      'Normal',
      'ProvisioningSucceeded',
      `Successfully provisioned volume ${volume.metadata.name}`,
    )
  } catch (error) {
    // It was made before, and the cache has yet to see it.
    if (isReason(error, 'AlreadyExists')) return done
    const text = `failed to provision volume with StorageClass ${JSON.stringify(storageClass.metadata.name)}: ${(error as Error).message}`
    recorder.event(current, 'Warning', 'ProvisioningFailed', text)
    throw error
  }
  // The new volume wakes the claim, which is bound then.
  return done
}

async function reconcileWaiting(
  claim: PersistentVolumeClaim,
  context: ReconcileContext,
  own: Provisioner | undefined,
): Promise<Result> {
  const { cache, client, recorder } = context
  const className = classOfClaim(claim)
  const storageClass = className ? cache.get(classKind, { name: className }) : undefined
  const delayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
  const found = bestMatch(claim, cache.list(volumeKind), { delayed })
  if (found) {
    await bind(client, found, claim)
    return done
  }
  if (!namesClass(claim)) {
    const fallback = defaultStorageClassOf(cache.list(classKind))
    const storageClassName = fallback?.metadata.name
    if (storageClassName) {
      await client.update(claimKind, { ...claim, spec: { ...claim.spec, storageClassName } })
      return done
    }
  }
  if (delayed && !isAnnotated(claim, selectedNode)) tellOfWaiting(claim, context)
  else if (storageClass) {
    if (storageClass.provisioner !== noProvisioner) return provisionFor(claim, storageClass, context, own)
  } else if (className) {
    const text = `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`
    recorder.event(claim, 'Warning', 'ProvisioningFailed', text)
  } else {
    const text = 'no persistent volumes available for this claim and no storage class is set'
    recorder.event(claim, 'Normal', 'FailedBinding', text)
  }
  await setClaimPhase(client, claim, 'Pending')
  return requeueAfter(resyncMs)
}

/** Classes whose volumes are made by hand. */
const noProvisioner = 'kubernetes.io/no-provisioner'

/** `own` makes volumes in this process; without it, those of other provisioners are waited for. */
export const claimBinder = (own?: Provisioner): Controller =>
  defineController<PersistentVolumeClaim>({
    name: 'claims',
    serviceAccount: 'persistent-volume-binder',
    component: 'persistentvolume-controller',
    for: claimKind,
    reads: [podKind],
    watches: [
      { kind: volumeKind, keys: (volume, cache) => keysOfVolume(volume as PersistentVolume, cache) },
      { kind: classKind, keys: (_, cache) => cache.list(claimKind).filter(isUnsettled).map(keyOf) },
    ],
    async reconcile(claim, context) {
      if (!isUnsettled(claim)) return reconcileBound(claim, context)
      return claim.spec.volumeName ? reconcileNamed(claim, context) : reconcileWaiting(claim, context, own)
    },
  })
