/** VolumeBinding: pods go where their volumes can be reached, found or made; claims that wait for their first consumer are bound then. */
import type { Node } from '../../apis/generated/core-v1.js'
import type { CSIStorageCapacity, StorageClass } from '../../apis/generated/storage-v1.js'
import { quantityValue } from '../../machinery/quantity.js'
import type { Cluster, Plugin, VolumeChange } from '../framework.js'
import type { PodInfo } from '../pod-info.js'
import { planVolumes } from '../volumes/plan-volumes.js'
import { sortClaims, usesClaim } from '../volumes/pod-claims.js'

const limitOf = (capacity: CSIStorageCapacity | undefined): number => {
  const limit = capacity?.maximumVolumeSize ?? capacity?.capacity
  return limit === undefined ? -1 : quantityValue(limit)
}

/** Upstream's queueing hints. */
function mayHelp({ pod }: PodInfo, { resource, change, object, old }: VolumeChange): boolean {
  if (change === 'Delete') return false
  switch (resource) {
    case 'PersistentVolumeClaim':
      return usesClaim(pod, object)
    case 'PersistentVolume':
      return true
    case 'StorageClass': {
      const topologies = [object, old].map(each => JSON.stringify((each as StorageClass)?.allowedTopologies))
      return !old || topologies[0] !== topologies[1]
    }
    case 'CSIDriver':
      return change === 'Update'
    case 'CSIStorageCapacity':
      return !old || limitOf(object as CSIStorageCapacity) > limitOf(old as CSIStorageCapacity)
    default:
      return false
  }
}

function reserve({ pod }: PodInfo, { volumes }: Cluster, { node, timeoutMs }: { node: Node; timeoutMs: number }) {
  const claims = sortClaims(pod, volumes)
  if (!claims || 'refused' in claims || !claims.delayed.length) return undefined
  const plan = planVolumes(claims, node, volumes)
  if ('reasons' in plan) throw new Error(plan.reasons.join(', '))
  return volumes.reserve(plan, { pod, node, timeoutMs })
}

export const newVolumeBinding = ({ bindTimeoutSeconds = 600 }: { bindTimeoutSeconds?: number } = {}): Plugin => ({
  name: 'VolumeBinding',
  filter({ pod }, { volumes }) {
    const claims = sortClaims(pod, volumes)
    if (!claims || 'refused' in claims) return claims
    return {
      check({ node }) {
        const plan = planVolumes(claims, node, volumes)
        return 'reasons' in plan ? plan : undefined
      },
    }
  },
  reserve: (info, cluster, { node }) => reserve(info, cluster, { node, timeoutMs: bindTimeoutSeconds * 1000 }),
  mayHelp(info, event) {
    if (event.type === 'NodeAdd' || event.type === 'NodeUpdate') return true
    return event.type === 'VolumeChange' && mayHelp(info, event)
  },
})
