/** What a pod is told when its volume is on another node. */
import type { PersistentVolume, Pod } from '../../apis/generated/core-v1.js'
import { podsOfClaim } from '../pods/claims.js'
import type { Cache } from '../runtime/cache.js'
import { needsNoVolumes } from './wanted.js'

/** Upstream's words; pods of other namespaces are counted, not named. */
export function multiAttachMessage(
  pod: Pod,
  { volume, nodes }: { volume: PersistentVolume; nodes: readonly string[] },
  cache: Cache,
): string {
  const { claimRef } = volume.spec
  const users = podsOfClaim(cache, `${claimRef?.namespace}/${claimRef?.name}`).filter(
    user => nodes.includes(user.spec.nodeName ?? '') && !needsNoVolumes(user),
  )
  const names = users.filter(u => u.metadata.namespace === pod.metadata.namespace).map(u => u.metadata.name)
  const text = names.length
    ? `Volume is already used by pod(s) ${names.join(', ')}`
    : "Volume is already exclusively attached to one node and can't be attached to another"
  return `Multi-Attach error for volume ${JSON.stringify(volume.metadata.name)} ${text}`
}
