/** Owner references: which controller an object belongs to. */
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, OwnerReference } from '../../machinery/object-meta.js'

/** `v1` or `apps/v1`. */
export const apiVersionOf = ({ group, version }: Pick<KindRef, 'group' | 'version'>): string =>
  group ? `${group}/${version}` : version

/** The reference that is marked as controller, if any. */
export const controllerRefOf = (object: KubernetesObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(r => r.controller)

export const isControlledBy = (object: KubernetesObject, owner: KubernetesObject): boolean =>
  controllerRefOf(object)?.uid === owner.metadata.uid

/** The reference by which `owner` controls its dependents: it waits for them when deleted in the foreground. */
export const newControllerRef = (kind: KindRef, owner: KubernetesObject): OwnerReference => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  name: owner.metadata.name ?? '',
  uid: owner.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
})

/** True when the reference is to this kind, whatever the version. */
export function refersTo(reference: OwnerReference, kind: KindRef): boolean {
  const slash = reference.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : reference.apiVersion.slice(0, slash)
  return reference.kind === kind.kind && group === kind.group
}
