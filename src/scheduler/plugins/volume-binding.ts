/**
 * VolumeBinding, as far as it does not bind: pods wait for claims that are missing or unbound, and go where the volumes
 * of bound claims can be reached. Claims that wait for their first consumer are not bound here: no node has a volume for them.
 */
import { matchesNodeSelector } from '../../apis/core-v1/node-selector.js'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { Cluster, Plugin, Rejection, Volumes } from '../framework.js'

const bindCompleted = 'pv.kubernetes.io/bind-completed'
const unbound = 'pod has unbound immediate PersistentVolumeClaims'
const affinityRejection: Rejection = {
  reasons: ["node(s) didn't match PersistentVolume's node affinity"],
  unresolvable: true,
}
const missingRejection: Rejection = {
  reasons: ['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'],
  unresolvable: true,
}
const noneRejection: Rejection = {
  reasons: ["node(s) didn't find available persistent volumes to bind"],
  unresolvable: true,
}

interface NamedClaim {
  name: string
  /** Made for this pod, from a template in it. */
  ephemeral: boolean
}

const claimsOf = ({ metadata, spec }: Pod): NamedClaim[] =>
  (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): NamedClaim[] => {
    if (persistentVolumeClaim) return [{ name: persistentVolumeClaim.claimName, ephemeral: false }]
    return ephemeral ? [{ name: `${metadata.name}-${name}`, ephemeral: true }] : []
  })

/** Why a claim cannot be used at all; undefined when it can. */
function problem(
  { name, ephemeral }: NamedClaim,
  claim: PersistentVolumeClaim | undefined,
  pod: Pod,
): string | undefined {
  const quoted = JSON.stringify(name)
  if (!claim) {
    return ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
      : `persistentvolumeclaim ${quoted} not found`
  }
  if (claim.status?.phase === 'Lost')
    return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName ?? '')}`
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim ${quoted} is being deleted`
  const ours = claim.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid)
  if (!ephemeral || ours) return undefined
  const { namespace } = pod.metadata
  return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`
}

const isBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  Boolean(spec.volumeName) && metadata.annotations?.[bindCompleted] !== undefined

const waitsForConsumer = ({ spec }: PersistentVolumeClaim, volumes: Volumes): boolean =>
  !spec.volumeName && volumes.storageClass(spec.storageClassName ?? '')?.volumeBindingMode === 'WaitForFirstConsumer'

function check(volume: PersistentVolume | undefined, labels: { metadata: PersistentVolume['metadata'] }) {
  if (!volume) return missingRejection
  const required = volume.spec.nodeAffinity?.required
  return required && !matchesNodeSelector(required, labels) ? affinityRejection : undefined
}

function newFilter(pod: Pod, { volumes }: Cluster) {
  const named = claimsOf(pod)
  if (!named.length) return undefined
  const bound: PersistentVolumeClaim[] = []
  let delayed = false
  for (const each of named) {
    const claim = volumes.claim(pod.metadata.namespace ?? '', each.name)
    const refused = problem(each, claim, pod)
    if (refused || !claim) return { refused: refused ?? unbound }
    if (isBound(claim)) bound.push(claim)
    else if (waitsForConsumer(claim, volumes)) delayed = true
    else return { refused: unbound }
  }
  const volumesOfBound = bound.map(({ spec }) => volumes.volume(spec.volumeName ?? ''))
  return {
    check({ node }: { node: { metadata: PersistentVolume['metadata'] } }) {
      for (const volume of volumesOfBound) {
        const rejection = check(volume, node)
        if (rejection) return rejection
      }
      return delayed ? noneRejection : undefined
    },
  }
}

export const volumeBinding: Plugin = {
  name: 'VolumeBinding',
  filter: ({ pod }, cluster) => newFilter(pod, cluster),
  mayHelp: (_, { type }) => type === 'VolumeChange' || type === 'NodeAdd' || type === 'NodeUpdate',
}
