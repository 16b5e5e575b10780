/** Which objects a pod makes its node read: secrets, config maps, claims and the service account it names. */
import { configMapNames, type PodReferences as PodSpec, secretNames } from '../../apis/core-v1/pod-references.js'
import type { AnyObject } from '../../machinery/object-meta.js'

export type ReferencedResource =
  | 'secrets'
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'serviceaccounts'
  | 'resourceclaims.resource.k8s.io'

interface PodStatus {
  resourceClaimStatuses?: { name: string; resourceClaimName?: string }[]
  extendedResourceClaimStatus?: { resourceClaimName?: string }
}

function* claimNames(pod: AnyObject, spec: PodSpec) {
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? [])
    yield persistentVolumeClaim?.claimName ?? (ephemeral ? `${pod.metadata.name}-${name}` : undefined)
}

/** Claims that were made for the pod are named in its status. */
function* resourceClaimNames({ status = {} }: AnyObject, spec: PodSpec) {
  const { resourceClaimStatuses = [], extendedResourceClaimStatus } = status as PodStatus
  for (const { name, resourceClaimName } of spec.resourceClaims ?? [])
    yield resourceClaimName ?? resourceClaimStatuses.find(each => each.name === name)?.resourceClaimName
  yield extendedResourceClaimStatus?.resourceClaimName
}

const isMirror = ({ metadata }: AnyObject) => metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined

/** `namespace/name` of the claims that the pod uses; none for a mirror pod. */
export const claimsOf = (pod: AnyObject): string[] =>
  isMirror(pod) ? [] : [...claimNames(pod, pod.spec as PodSpec)].map(name => `${pod.metadata.namespace}/${name}`)

/** True when the pod needs that object to run. A mirror pod, which a node makes itself, gives a right to nothing. */
export function podRefersTo(pod: AnyObject, resource: ReferencedResource, name: string): boolean {
  if (isMirror(pod)) return false
  const spec = pod.spec as PodSpec
  const namesOf = {
    secrets: () => secretNames(spec),
    configmaps: () => configMapNames(spec),
    persistentvolumeclaims: () => claimNames(pod, spec),
    serviceaccounts: () => [spec.serviceAccountName],
    'resourceclaims.resource.k8s.io': () => resourceClaimNames(pod, spec),
  }
  for (const found of namesOf[resource]()) if (found === name) return true
  return false
}

/** True when the pod names any secret at all. */
export function podRefersToSecrets(pod: AnyObject): boolean {
  for (const name of secretNames(pod.spec as PodSpec)) if (name) return true
  return false
}

/** True when the pod names any config map at all. */
export function podRefersToConfigMaps(pod: AnyObject): boolean {
  for (const name of configMapNames(pod.spec as PodSpec)) if (name) return true
  return false
}
