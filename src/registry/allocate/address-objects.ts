/** The IPAddress that records whose a cluster IP is, as upstream writes it. */
import type { IPAddress } from '../../apis/generated/networking-v1.js'
import { familyOf } from '../../machinery/ip-family.js'
import type { AnyObject, ManagedFieldsEntry } from '../../machinery/object-meta.js'

export const managedByLabel = 'ipaddress.kubernetes.io/managed-by'
export const ipFamilyLabel = 'ipaddress.kubernetes.io/ip-family'
/** Who says so by that label that it manages an address. */
export const allocator = 'ipallocator.k8s.io'

/** A service. */
export type Owner = Pick<AnyObject, 'metadata'>

/** All of an address is the server's own, and always the same. */
const ownedFields = {
  'f:metadata': { 'f:labels': { '.': {}, [`f:${ipFamilyLabel}`]: {}, [`f:${managedByLabel}`]: {} } },
  'f:spec': { 'f:parentRef': { '.': {}, 'f:name': {}, 'f:namespace': {}, 'f:resource': {} } },
}

const managedAt = (time: string): ManagedFieldsEntry[] => [
  {
    manager: 'kube-apiserver',
    operation: 'Update',
    apiVersion: 'networking.k8s.io/v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: ownedFields,
  },
]

export const newAddress = (ip: string, { metadata: { namespace, name = '' } }: Owner, time: string): AnyObject => ({
  kind: 'IPAddress',
  apiVersion: 'networking.k8s.io/v1',
  metadata: {
    name: ip,
    labels: { [ipFamilyLabel]: familyOf(ip), [managedByLabel]: allocator },
    managedFields: managedAt(time),
  },
  spec: { parentRef: { resource: 'services', namespace, name } } satisfies IPAddress['spec'],
})
