/** Protection of storage in use: claims of pods, bound volumes, classes of either keep a finalizer until they are free. */
import { persistentVolumeClaim as claimKind, persistentVolume, pod as podKind } from '../../apis/core-v1/index.js'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { VolumeAttributesClass } from '../../apis/generated/storage-v1.js'
import { volumeAttributesClass } from '../../apis/storage-v1/index.js'
import type { Client } from '../../client/client.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { claimKeys, claimsOf, indexByClaim, podsOfClaim } from '../pods/claims.js'
import type { Cache } from '../runtime/cache.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'

const claimFinalizer = 'kubernetes.io/pvc-protection'
const volumeFinalizer = 'kubernetes.io/pv-protection'
const classFinalizer = 'kubernetes.io/vac-protection'

/** The node may have begun with it: a pod that was never bound cannot start with a claim that is being deleted. */
const uses = (pod: Pod, { metadata }: PersistentVolumeClaim) =>
  Boolean(pod.spec.nodeName) && claimsOf(pod).includes(metadata.name ?? '')

async function protect<T extends KubernetesObject>(
  object: T,
  {
    kind,
    finalizer,
    client,
    inUse,
  }: { kind: KindRef<T>; finalizer: string; client: Client; inUse(): Promise<boolean> },
): Promise<void> {
  const { metadata } = object
  const finalizers = metadata.finalizers ?? []
  const has = finalizers.includes(finalizer)
  const write = (changed: string[]) =>
    client.update(kind, { ...object, metadata: { ...metadata, finalizers: changed } })
  if (metadata.deletionTimestamp) {
    if (has && !(await inUse())) await write(finalizers.filter(f => f !== finalizer))
  } else if (!has) await write([...finalizers, finalizer])
}

export const claimProtectionController = defineController<PersistentVolumeClaim>({
  name: 'pvcprotection',
  serviceAccount: 'pvc-protection-controller',
  for: claimKind,
  prepare: informer => indexByClaim(informer(podKind)),
  watches: [
    {
      kind: podKind,
      keys: (pod, _cache, { type, old }) =>
        type === 'delete' || (old && (old as Pod).spec.nodeName !== (pod as Pod).spec.nodeName)
          ? claimKeys(pod as Pod)
          : [],
    },
  ],

  async reconcile(claim, { cache, client }) {
    const { namespace, name } = claim.metadata
    await protect(claim, {
      kind: claimKind,
      finalizer: claimFinalizer,
      client,
      inUse: async () => {
        if (podsOfClaim(cache, `${namespace}/${name}`).some(pod => uses(pod, claim))) return true
        // The cache may not know a pod yet that is about to use it.
        const live = await client.list(podKind, { namespace })
        return live.items.some(pod => uses(pod, claim))
      },
    })
    return done
  },
})

export const volumeProtectionController = defineController<PersistentVolume>({
  name: 'pvprotection',
  serviceAccount: 'pv-protection-controller',
  for: persistentVolume,

  async reconcile(volume, { client }) {
    const inUse = async () => volume.status?.phase === 'Bound'
    await protect(volume, { kind: persistentVolume, finalizer: volumeFinalizer, client, inUse })
    return done
  },
})

const classesOfVolume = ({ spec }: PersistentVolume) => [spec?.volumeAttributesClassName]
const classesOfClaim = ({ spec, status }: PersistentVolumeClaim) => [
  spec?.volumeAttributesClassName,
  status?.currentVolumeAttributesClassName,
  status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
]
const named = (classes: (string | undefined)[]) => classes.filter((name): name is string => Boolean(name))
/** Those that a change may have left without a user. */
const freed = <T>(classesOf: (object: T) => (string | undefined)[], object: T, { type, old }: Change) =>
  type === 'add' ? [] : named(classesOf((old ?? object) as T))

const usesClass = (cache: Cache, name: string) =>
  cache.list(persistentVolume).some(volume => classesOfVolume(volume).includes(name)) ||
  cache.list(claimKind).some(claim => classesOfClaim(claim).includes(name))

export const attributesClassProtectionController = defineController<VolumeAttributesClass>({
  name: 'vacprotection',
  serviceAccount: 'volumeattributesclass-protection-controller',
  for: volumeAttributesClass,
  watches: [
    { kind: persistentVolume, keys: (volume, _, change) => freed(classesOfVolume, volume as PersistentVolume, change) },
    { kind: claimKind, keys: (claim, _, change) => freed(classesOfClaim, claim as PersistentVolumeClaim, change) },
  ],

  async reconcile(object, { cache, client }) {
    const inUse = async () => usesClass(cache, object.metadata.name ?? '')
    await protect(object, { kind: volumeAttributesClass, finalizer: classFinalizer, client, inUse })
    return done
  },
})
