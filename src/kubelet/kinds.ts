/** The kinds that the kubelet talks about with the API: enough to address them. */
import type { Lease } from '../apis/generated/coordination-v1.js'
import type {
  ConfigMap,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
  ServiceAccount,
} from '../apis/generated/core-v1.js'
import type { ResourceClaim } from '../apis/generated/resource-v1.js'
import type { KindRef, Scope } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'

const core = <T extends KubernetesObject>(kind: string, scope: Scope = 'Namespaced'): KindRef<T> => {
  const singular = kind.toLowerCase()
  return { group: '', version: 'v1', kind, scope, names: { plural: `${singular}s`, singular } }
}

export const podKind = core<Pod>('Pod')
export const nodeKind = core<Node>('Node', 'Cluster')
export const serviceKind = core<Service>('Service')
export const configMapKind = core<ConfigMap>('ConfigMap')
export const secretKind = core<Secret>('Secret')
export const serviceAccountKind = core<ServiceAccount>('ServiceAccount')
export const claimKind = core<PersistentVolumeClaim>('PersistentVolumeClaim')
export const persistentVolumeKind = core<PersistentVolume>('PersistentVolume', 'Cluster')
export const resourceClaimKind: KindRef<ResourceClaim> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  scope: 'Namespaced',
  names: { plural: 'resourceclaims', singular: 'resourceclaim' },
}
export const leaseKind: KindRef<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  scope: 'Namespaced',
  names: { plural: 'leases', singular: 'lease' },
}
