/** NamespaceLifecycle: nothing is created in a namespace that is not there or is going away; the first three namespaces stay. */
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { forbiddenError, notFound, StatusError } from '../../machinery/status-error.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, namespaces } from './lookup.js'

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])
/** Whoever may ask about a namespace is not told whether it is there. */
const localReviews = 'localsubjectaccessreviews.authorization.k8s.io'
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

  // Before other plugins look for what a namespace holds.
  async mutate(attributes) {
    const { operation, kind, namespace } = attributes
    // What is there may always go.
    if (operation === 'DELETE') return
    if (!namespace || kind.qualifiedResource === 'namespaces' || kind.qualifiedResource === localReviews) return
    const found = await lookup.get<Namespace>(namespaces, { name: namespace })
    if (!found) throw notFound(namespaceRef, namespace)
    if (operation === 'CREATE' && found.status?.phase === 'Terminating') throw terminating(attributes)
  },

  validate({ operation, kind, name }) {
    if (operation === 'DELETE' && kind.qualifiedResource === 'namespaces' && immortal.has(name))
      throw forbiddenError(kind, name, 'this namespace may not be deleted')
  },
})
