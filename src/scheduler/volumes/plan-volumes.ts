/** Which volumes a pod would get on a node, or why the node has none for it: upstream's FindPodVolumes. Pure. */
import { matchesNodeSelector } from '../../apis/core-v1/node-selector.js'
import { bestMatch, classOfClaim, volumeAnnotations } from '../../apis/core-v1/volume-matching.js'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../apis/generated/core-v1.js'
import type { CSIStorageCapacity, StorageClass } from '../../apis/generated/storage-v1.js'
import { compareQuantity } from '../../machinery/quantity.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import type { Rejection, VolumePlan, Volumes } from '../framework.js'
import type { PodClaims } from './pod-claims.js'

const unresolvable = (reason: string): Rejection => ({ reasons: [reason], unresolvable: true })
const outOfReach = unresolvable("node(s) didn't match PersistentVolume's node affinity")
const missing = unresolvable('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)')
const noneFree = unresolvable("node(s) didn't find available persistent volumes to bind")
const noSpace = unresolvable('node(s) did not have enough free storage')

/** False where the volume's node affinity keeps the node from it. */
export const reaches = ({ spec }: PersistentVolume, node: Pick<Node, 'metadata'>): boolean =>
  !spec.nodeAffinity?.required || matchesNodeSelector(spec.nodeAffinity.required, node)

function checkBound(claims: readonly PersistentVolumeClaim[], node: Node, volumes: Volumes): Rejection | undefined {
  for (const { spec } of claims) {
    const volume = volumes.volume(spec.volumeName ?? '')
    if (!volume) return missing
    if (!reaches(volume, node)) return outOfReach
  }
  return undefined
}

/** One term is enough, and needs all its keys; an empty term allows no node, no term allows all. */
export function allowsTopology({ allowedTopologies }: StorageClass, { metadata: { labels } }: Node): boolean {
  if (!allowedTopologies?.length) return true
  return allowedTopologies.some(
    ({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.length > 0 &&
      matchLabelExpressions.every(({ key, values }) => (values ?? []).includes(labels?.[key] ?? '\0')),
  )
}

const holds = ({ maximumVolumeSize, capacity }: CSIStorageCapacity, size: string): boolean => {
  const limit = maximumVolumeSize ?? capacity
  return limit !== undefined && compareQuantity(limit, size) >= 0
}

/** Only drivers that publish their capacity are held to it. */
function hasSpace(claim: PersistentVolumeClaim, storageClass: StorageClass, node: Node, volumes: Volumes): boolean {
  const size = claim.spec.resources?.requests?.storage
  if (size === undefined || !volumes.csiDriver(storageClass.provisioner)?.spec.storageCapacity) return true
  return volumes
    .capacities()
    .some(
      capacity =>
        capacity.storageClassName === storageClass.metadata.name &&
        holds(capacity, size) &&
        capacity.nodeTopology !== undefined &&
        matchesLabels(capacity.nodeTopology, node.metadata.labels),
    )
}

function checkProvision(claim: PersistentVolumeClaim, node: Node, volumes: Volumes): Rejection | undefined {
  const { namespace, name } = claim.metadata
  const className = classOfClaim(claim)
  if (!className) throw new Error(`no class for claim ${JSON.stringify(`${namespace}/${name}`)}`)
  const storageClass = volumes.storageClass(className)
  if (!storageClass) throw new Error(`failed to find storage class ${JSON.stringify(className)}`)
  const { provisioner } = storageClass
  if (!provisioner || provisioner === 'kubernetes.io/no-provisioner') return noneFree
  if (!allowsTopology(storageClass, node)) return noneFree
  return hasSpace(claim, storageClass, node, volumes) ? undefined : noSpace
}

const bySize = (a: PersistentVolumeClaim, b: PersistentVolumeClaim) =>
  compareQuantity(a.spec.resources?.requests?.storage ?? '0', b.spec.resources?.requests?.storage ?? '0')

/** Small claims choose first; each takes the smallest volume that suits it, and those that find none ask for a new one. */
function planDelayed(claims: readonly PersistentVolumeClaim[], node: Node, volumes: Volumes): VolumePlan | Rejection {
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = []
  const provisions: PersistentVolumeClaim[] = []
  const taken = new Set<string>()
  const chosenNode = ({ metadata }: PersistentVolumeClaim) => metadata.annotations?.[volumeAnnotations.selectedNode]
  for (const claim of claims) {
    const chosen = chosenNode(claim)
    if (chosen === undefined) continue
    if (chosen !== node.metadata.name) return noneFree
    provisions.push(claim)
  }
  for (const claim of claims.filter(each => chosenNode(each) === undefined).sort(bySize)) {
    const volume = bestMatch(claim, volumes.ofClass(classOfClaim(claim)), { node, delayed: true, taken })
    if (volume) {
      bindings.push({ claim, volume })
      taken.add(volume.metadata.name ?? '')
    } else provisions.push(claim)
  }
  for (const claim of provisions) {
    const rejection = checkProvision(claim, node, volumes)
    if (rejection) return rejection
  }
  return { bindings, provisions }
}

/** Throws where a class that must be known is not. */
export function planVolumes({ bound, delayed }: PodClaims, node: Node, volumes: Volumes): VolumePlan | Rejection {
  const ofBound = checkBound(bound, node, volumes)
  if (!delayed.length) return ofBound ?? { bindings: [], provisions: [] }
  const plan = planDelayed(delayed, node, volumes)
  if (!ofBound) return plan
  if (!('reasons' in plan)) return ofBound
  // Upstream tells of missing volumes last.
  const reasons = ofBound === missing ? [...plan.reasons, ...ofBound.reasons] : [...ofBound.reasons, ...plan.reasons]
  return { reasons, unresolvable: true }
}
