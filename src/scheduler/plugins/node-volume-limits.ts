/** NodeVolumeLimits: no more volumes of a CSI driver on a node than its CSINode allows. */
import { classOfClaim } from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { CSINode } from '../../apis/generated/storage-v1.js'
import type { Plugin, Refusal, Rejection, VolumeChange, Volumes } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import { claimsOf, notForPod, usesClaim } from '../volumes/pod-claims.js'

const rejection: Rejection = { reasons: ['node(s) exceed max volume count'] }

/** Driver by volume: `driver/handle`. */
type Attachable = Map<string, string>

/** A volume that is yet to be made counts for the driver that will make it, and for itself alone. */
function volumeOf(claim: PersistentVolumeClaim, volumes: Volumes): { driver: string; id: string } | undefined {
  const volume = claim.spec.volumeName ? volumes.volume(claim.spec.volumeName) : undefined
  if (volume) {
    const { csi } = volume.spec
    return csi && { driver: csi.driver, id: `${csi.driver}/${csi.volumeHandle}` }
  }
  const driver = volumes.storageClass(classOfClaim(claim))?.provisioner
  const { namespace, name } = claim.metadata
  return driver ? { driver, id: `${driver}/claim:${namespace}/${name}` } : undefined
}

/** Throws when a claim made for another pod is in the way, as upstream. */
function addAttachable(pod: Pod, volumes: Volumes, to: Attachable): Refusal | undefined {
  const namespace = pod.metadata.namespace ?? ''
  for (const { name, ephemeral } of claimsOf(pod)) {
    const claim = volumes.claim(namespace, name)
    if (!claim)
      return { refused: `looking up PVC ${namespace}/${name}: persistentvolumeclaim ${JSON.stringify(name)} not found` }
    const problem = ephemeral ? notForPod(claim, pod) : undefined
    if (problem) throw new Error(problem)
    const found = volumeOf(claim, volumes)
    if (found) to.set(found.id, found.driver)
  }
  return undefined
}

function attachedTo(node: NodeInfo, volumes: Volumes): Attachable {
  const attached: Attachable = new Map()
  for (const { pod } of node.pods.values()) if (pod.spec.volumes?.length) addAttachable(pod, volumes, attached)
  for (const { spec } of volumes.attachments(node.name)) {
    const csi = volumes.volume(spec.source.persistentVolumeName ?? '')?.spec.csi
    if (csi && spec.attacher) attached.set(`${spec.attacher}/${csi.volumeHandle}`, spec.attacher)
  }
  return attached
}

const limitsOf = (node: CSINode | undefined): Map<string, number> =>
  new Map(
    (node?.spec.drivers ?? []).flatMap(({ name, allocatable }) =>
      allocatable?.count === undefined ? [] : [[name, allocatable.count] as const],
    ),
  )

function countByDriver(volumes: Attachable): Map<string, number> {
  const counts = new Map<string, number>()
  for (const driver of volumes.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1)
  return counts
}

function check(wanted: Attachable, node: NodeInfo, volumes: Volumes): Rejection | undefined {
  const limits = limitsOf(volumes.csiNode(node.name))
  if (!limits.size) return undefined
  const attached = attachedTo(node, volumes)
  const fresh: Attachable = new Map([...wanted].filter(([id]) => !attached.has(id)))
  const counts = countByDriver(attached)
  for (const [driver, count] of countByDriver(fresh))
    if ((counts.get(driver) ?? 0) + count > (limits.get(driver) ?? Number.POSITIVE_INFINITY)) return rejection
  return undefined
}

const raisesALimit = (object: CSINode, old: CSINode): boolean => {
  const before = limitsOf(old)
  return [...limitsOf(object)].some(([driver, limit]) => limit > (before.get(driver) ?? 0))
}

function mayHelp(pod: Pod, { resource, change, object, old }: VolumeChange): boolean {
  if (resource === 'CSINode')
    return change === 'Add' || (change === 'Update' && raisesALimit(object as CSINode, old as CSINode))
  if (resource === 'PersistentVolumeClaim') return change === 'Add' && usesClaim(pod, object)
  return resource === 'VolumeAttachment' && change === 'Delete' && claimsOf(pod).some(({ ephemeral }) => !ephemeral)
}

export const nodeVolumeLimits: Plugin = {
  name: 'NodeVolumeLimits',
  filter({ pod }, { volumes }) {
    if (!claimsOf(pod).length) return undefined
    const wanted: Attachable = new Map()
    const refused = addAttachable(pod, volumes, wanted)
    if (refused) return { check: () => ({ reasons: [refused.refused], unresolvable: true }) }
    return wanted.size ? { check: node => check(wanted, node, volumes) } : undefined
  },
  mayHelp({ pod }, event) {
    if (event.type === 'AssignedPodDelete') return claimsOf(event.pod).length > 0
    return event.type === 'VolumeChange' && mayHelp(pod, event)
  },
}
