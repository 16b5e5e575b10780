/** Which ResourceClaims are a pod's. Source: k8s.io/dynamic-resource-allocation/resourceclaim. */
import type { Pod, PodResourceClaim } from '../generated/core-v1.js'
import type { ResourceClaim } from '../generated/resource-v1.js'

/** On claims that the scheduler allocated: it stays until they are free. */
export const claimFinalizer = 'resource.kubernetes.io/delete-protection'

/** `generated`: it was made for the pod, which has to own it. */
export type NamedClaim = { name: string; generated: boolean }

/** The claim that stands behind an entry of the pod's spec; `pending` while it is not made yet, `none` where none is needed. */
export function claimNameOf(pod: Pod, entry: PodResourceClaim): NamedClaim | 'pending' | 'none' {
  if (entry.resourceClaimName !== undefined) return { name: entry.resourceClaimName, generated: false }
  const status = pod.status?.resourceClaimStatuses?.find(({ name }) => name === entry.name)
  if (!status) return 'pending'
  return status.resourceClaimName ? { name: status.resourceClaimName, generated: true } : 'none'
}

/** Names of the claims that are there or should be. */
export const claimNamesOf = (pod: Pod): string[] =>
  (pod.spec.resourceClaims ?? []).flatMap(entry => {
    const found = claimNameOf(pod, entry)
    return typeof found === 'string' ? [] : found.name
  })

/** Why a claim that should have been made for the pod is another's; undefined when it is the pod's. */
export function notMadeFor(pod: Pod, { metadata }: ResourceClaim): string | undefined {
  const { namespace, name, uid } = pod.metadata
  if (metadata.ownerReferences?.some(owner => owner.controller && owner.uid === uid)) return undefined
  return `ResourceClaim ${metadata.namespace}/${metadata.name} was not created for pod ${namespace}/${name} (pod is not owner)`
}

/** True when the claim lists the pod among its users. */
export const isReservedFor = ({ metadata: { uid } }: Pod, { status }: ResourceClaim): boolean =>
  status?.reservedFor?.some(user => user.uid === uid) === true
