/** VolumeRestrictions: a disk that one pod writes is no other's, and a ReadWriteOncePod claim serves one pod in the cluster. */
import type { Pod, Volume } from '../../apis/generated/core-v1.js'
import type { Cluster, NodeFilter, Plugin, Rejection } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'
import { claimsOf, usesClaim } from '../volumes/pod-claims.js'

const diskRejection: Rejection = { reasons: ['node(s) had no available disk'] }
const oncePodRejection: Rejection = {
  reasons: [
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
  ],
}

interface Disk {
  readOnly?: boolean
}
const bothReadOnly = (a: Disk, b: Disk): boolean => a.readOnly === true && b.readOnly === true

/** The same disk of one of the kinds that only one node, or one writer, may have. */
function clash(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk?.pdName === a.gcePersistentDisk.pdName)
    return !bothReadOnly(a.gcePersistentDisk, b.gcePersistentDisk)
  if (a.awsElasticBlockStore) return b.awsElasticBlockStore?.volumeID === a.awsElasticBlockStore.volumeID
  if (a.iscsi && b.iscsi?.iqn === a.iscsi.iqn) return !bothReadOnly(a.iscsi, b.iscsi)
  if (!a.rbd || !b.rbd || a.rbd.image !== b.rbd.image || (a.rbd.pool ?? 'rbd') !== (b.rbd.pool ?? 'rbd')) return false
  const monitors = new Set(a.rbd.monitors)
  return (b.rbd.monitors ?? []).some(monitor => monitors.has(monitor)) && !bothReadOnly(a.rbd, b.rbd)
}

const disksOf = ({ spec }: Pod): Volume[] =>
  (spec.volumes ?? []).filter(v => v.gcePersistentDisk ?? v.awsElasticBlockStore ?? v.rbd ?? v.iscsi)

const sharesDisk = (pod: Pod, other: Pod): boolean =>
  disksOf(pod).some(disk => (other.spec.volumes ?? []).some(volume => clash(disk, volume)))

class RestrictionFilter implements NodeFilter {
  constructor(
    private readonly disks: readonly Volume[],
    private readonly onceClaims: ReadonlySet<string>,
    private readonly namespace: string,
    private users: number,
  ) {}

  addPod = (other: PodInfo): void => this.count(other, 1)
  removePod = (other: PodInfo): void => this.count(other, -1)
  clone = (): NodeFilter => new RestrictionFilter(this.disks, this.onceClaims, this.namespace, this.users)

  check = (node: NodeInfo): Rejection | undefined => {
    for (const disk of this.disks)
      for (const { pod } of node.pods.values())
        if ((pod.spec.volumes ?? []).some(volume => clash(disk, volume))) return diskRejection
    return this.users > 0 ? oncePodRejection : undefined
  }

  private count({ pod, namespace }: PodInfo, by: 1 | -1): void {
    if (namespace !== this.namespace) return
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? [])
      if (persistentVolumeClaim && this.onceClaims.has(persistentVolumeClaim.claimName)) this.users += by
  }
}

function filter({ pod, namespace }: PodInfo, { volumes, cache }: Cluster) {
  if (!pod.spec.volumes?.length) return undefined
  const onceClaims = new Set<string>()
  for (const { name, ephemeral } of claimsOf(pod)) {
    if (ephemeral) continue
    const claim = volumes.claim(namespace, name)
    if (!claim) return { refused: `persistentvolumeclaim ${JSON.stringify(name)} not found` }
    if (claim.spec.accessModes?.includes('ReadWriteOncePod')) onceClaims.add(name)
  }
  const disks = disksOf(pod)
  const users = [...onceClaims].filter(name => cache.isClaimUsed(namespace, name)).length
  return disks.length || users ? new RestrictionFilter(disks, onceClaims, namespace, users) : undefined
}

export const volumeRestrictions: Plugin = {
  name: 'VolumeRestrictions',
  filter,
  mayHelp({ pod }, event) {
    switch (event.type) {
      case 'NodeAdd':
        return true
      case 'AssignedPodDelete':
        return (
          sharesDisk(pod, event.pod) ||
          (pod.metadata.namespace === event.pod.metadata.namespace &&
            claimsOf(event.pod).some(({ name }) => claimsOf(pod).some(own => own.name === name)))
        )
      case 'VolumeChange':
        return event.resource === 'PersistentVolumeClaim' && event.change !== 'Delete' && usesClaim(pod, event.object)
      default:
        return false
    }
  },
}
