/** The volumes that the pods on a node need attached. Source: upstream's desired state of world. */
import {
  persistentVolumeClaim as claimKind,
  node as nodeKind,
  persistentVolume as volumeKind,
} from '../../apis/core-v1/index.js'
import type { PersistentVolume, Pod } from '../../apis/generated/core-v1.js'
import { csiDriver } from '../../apis/storage-v1/index.js'
import { podsOnNode } from '../pods/by-node.js'
import { claimsOf } from '../pods/claims.js'
import { isPodTerminal } from '../pods/state.js'
import type { Cache } from '../runtime/cache.js'
import { isControlledBy } from '../runtime/owner.js'
import type { Wanted } from './plan.js'
import { csiOf, uniqueName } from './volume.js'

/** Nodes without it attach by themselves. */
const managed = 'volumes.kubernetes.io/controller-managed-attach-detach'

/** Done with its volumes: ended, or being deleted with no container running. */
export function needsNoVolumes(pod: Pod): boolean {
  if (isPodTerminal(pod)) return true
  const statuses = pod.status?.containerStatuses ?? []
  return Boolean(pod.metadata.deletionTimestamp) && statuses.every(({ state }) => state?.terminated || state?.waiting)
}

/** The volume behind the pod's claim of that name; undefined while the claim is not bound, or not the pod's. */
export function volumeOfClaim(pod: Pod, name: string, cache: Cache): PersistentVolume | undefined {
  const claim = cache.get(claimKind, { namespace: pod.metadata.namespace ?? '', name })
  if (claim?.status?.phase !== 'Bound' || !claim.spec.volumeName) return undefined
  const isTemplated = pod.spec.volumes?.some(v => v.ephemeral && `${pod.metadata.name}-${v.name}` === name)
  if (isTemplated && !isControlledBy(claim, pod)) return undefined
  const volume = cache.get(volumeKind, { name: claim.spec.volumeName })
  return volume?.spec.claimRef?.uid === claim.metadata.uid ? volume : undefined
}

/** By unique name. */
export function wantedOn(node: string, cache: Cache): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  if (cache.get(nodeKind, { name: node })?.metadata.annotations?.[managed] === undefined) return wanted
  for (const pod of podsOnNode(cache, node)) {
    if (!pod.spec.volumes?.length || needsNoVolumes(pod)) continue
    for (const name of claimsOf(pod)) {
      const volume = volumeOfClaim(pod, name, cache)
      const csi = volume && csiOf(volume)
      // A driver that says nothing of itself wants its volumes attached.
      if (!csi || cache.get(csiDriver, { name: csi.driver })?.spec.attachRequired === false) continue
      const known = wanted.get(uniqueName(csi))
      if (known) known.pods.push(pod)
      else wanted.set(uniqueName(csi), { volume, csi, pods: [pod] })
    }
  }
  return wanted
}
