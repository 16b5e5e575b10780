/** Admin access to devices that others use: only in namespaces that are labelled for it. Upstream's strategies check this. */
import type { ResourceClaim, ResourceClaimTemplate } from '../../apis/generated/resource-v1.js'
import { forbidden } from '../../machinery/field-error.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { invalidObject } from '../../machinery/status-error.js'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.js'
import { type Lookup, namespaces } from './lookup.js'

const label = 'resource.kubernetes.io/admin-access'

/** Where a new claim or template asks for it. */
function requestedPath(object: AnyObject): string | undefined {
  const spec = object.spec as unknown as ResourceClaim['spec'] | ResourceClaimTemplate['spec']
  const { devices } = 'spec' in spec ? spec.spec : spec
  const index = (devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess)
  return index < 0 ? undefined : `spec.devices.requests[${index}].adminAccess`
}

/** Where a status grants it. */
function grantedPath(object: AnyObject | undefined): string | undefined {
  const status = object?.status as ResourceClaim['status']
  const index = (status?.allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess)
  return index < 0 ? undefined : `status.allocation.devices.results[${index}].adminAccess`
}

function pathOf({ operation, subresource, object, old }: AdmissionAttributes): string | undefined {
  if (operation === 'CREATE') return requestedPath(object!)
  return subresource === 'status' && !grantedPath(old) ? grantedPath(object) : undefined
}

export const deviceAdminAccess = (lookup: Lookup): AdmissionPlugin => ({
  name: 'DeviceAdminAccess',
  operations: ['CREATE', 'UPDATE'],
  resources: ['resourceclaims.resource.k8s.io', 'resourceclaimtemplates.resource.k8s.io'],
  subresources: true,
  async validate(attributes) {
    const path = pathOf(attributes)
    if (!path) return
    const { kind, namespace, object } = attributes
    const found = await lookup.get(namespaces, { name: namespace })
    if (found?.metadata.labels?.[label] === 'true') return
    const detail = `admin access to devices requires the \`${label}: true\` label on the containing namespace`
    throw invalidObject(kind, object?.metadata.name ?? '', [forbidden(path, detail)])
  },
})
