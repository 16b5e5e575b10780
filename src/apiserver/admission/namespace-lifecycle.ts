/** NamespaceLifecycle: nothing is created in a namespace that is not there or is going away; the first three namespaces stay. */
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { forbiddenError, notFound, StatusError } from '../../machinery/status-error.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, namespaces } from './lookup.js'

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])
const namespaceRef = { group: '', names: { plural: 'namespaces', singular: 'namespace' } }

interface Namespace extends KubernetesObject {
  status?: { phase?: string }
}

function terminating(attributes: AdmissionAttributes): StatusError {
  const { namespace } = attributes
  const { status } = refusal(
    attributes,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  return new StatusError(403, 'Forbidden', status.message ?? '', { ...status.details, causes: [cause] })
}

export const namespaceLifecycle = (lookup: Lookup): AdmissionPlugin => ({
  name: 'NamespaceLifecycle',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  subresources: true,

  async validate(attributes) {
    const { operation, kind, namespace, name } = attributes
    if (kind.qualifiedResource === 'namespaces') {
      if (operation === 'DELETE' && immortal.has(name))
        throw forbiddenError(kind, name, 'this namespace may not be deleted')
      return
    }
    if (
      !namespace ||
      operation === 'DELETE' ||
      kind.qualifiedResource === 'localsubjectaccessreviews.authorization.k8s.io'
    )
      return
    const found = await lookup.get<Namespace>(namespaces, { name: namespace })
    if (!found) throw notFound(namespaceRef, namespace)
    if (operation === 'CREATE' && found.status?.phase === 'Terminating') throw terminating(attributes)
  },
})
