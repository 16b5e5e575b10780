/** What a node may do to itself, and to the objects that go by its name. */
import type { AnyObject } from '../../../machinery/object-meta.js'
import { parseCertificateRequestPem } from '../../../machinery/pki/certificate-request.js'
import { refusal } from '../admission.js'
import { forbiddenLabelChanges } from './labels.js'
import { nodeNameOf, type Restricted, same } from './restricted.js'

const configSourceOf = (object: AnyObject | undefined) =>
  (object?.spec as { configSource?: object } | undefined)?.configSource

export function onNode({ attributes, node }: Restricted): void {
  const { operation, object, old } = attributes
  const name = attributes.name || object?.metadata.name
  if (name !== node) throw refusal(attributes, `node "${node}" is not allowed to modify node "${name}"`)
  if (operation === 'DELETE') return
  const labels = forbiddenLabelChanges(object?.metadata.labels, old?.metadata.labels)
  const configSource = configSourceOf(object)
  if (operation === 'CREATE') {
    if (configSource)
      throw refusal(attributes, `node "${node}" is not allowed to create pods with a non-nil configSource`)
    if (labels.length)
      throw refusal(attributes, `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`)
    return
  }
  if (configSource && !same(configSource, configSourceOf(old)))
    throw refusal(attributes, `node "${node}" is not allowed to update configSource to a new non-nil configSource`)
  const taints = (o: AnyObject | undefined) => (o?.spec as { taints?: unknown[] } | undefined)?.taints
  if (!same(taints(object), taints(old))) throw refusal(attributes, `node "${node}" is not allowed to modify taints`)
  if (!same(object?.metadata.ownerReferences, old?.metadata.ownerReferences))
    throw refusal(attributes, `node "${node}" is not allowed to modify ownerReferences`)
  if (labels.length) throw refusal(attributes, `is not allowed to modify labels: ${labels.join(', ')}`)
}

export function onLease({ attributes, node }: Restricted): void {
  const { operation, namespace, object } = attributes
  if (namespace !== 'kube-node-lease')
    throw refusal(attributes, 'can only access leases in the "kube-node-lease" system namespace')
  const name = operation === 'CREATE' ? object?.metadata.name : attributes.name
  if (name !== node) throw refusal(attributes, 'can only access node lease with the same name as the requesting node')
}

export function onCsiNode({ attributes, node }: Restricted): void {
  const name = attributes.operation === 'CREATE' ? attributes.object?.metadata.name : attributes.name
  if (name !== node) throw refusal(attributes, 'can only access CSINode with the same name as the requesting node')
}

export function onClaim({ attributes, node }: Restricted): void {
  if (attributes.subresource !== 'status') throw refusal(attributes, 'may only update PVC status')
  const rest = ({ metadata, status, spec }: AnyObject) => {
    const { resourceVersion: _, managedFields: __, ...kept } = metadata
    const {
      capacity: ___,
      conditions: ____,
      allocatedResources: _____,
      allocatedResourceStatuses: ______,
      ...other
    } = (status as Record<string, unknown> | undefined) ?? {}
    return [kept, spec, other]
  }
  if (!same(rest(attributes.object!), rest(attributes.old!)))
    throw refusal(
      attributes,
      `node "${node}" is not allowed to update fields other than status.quantity and status.conditions`,
    )
}

/** Others are told apart by the authorizer already; a new slice and each of many that are deleted are not. */
export function onResourceSlice({ attributes, node }: Restricted): void {
  const { operation, object, old } = attributes
  const only = (what: string) =>
    refusal(attributes, `can only ${what} ResourceSlice with the same NodeName as the requesting node`)
  if (operation === 'CREATE' && nodeNameOf(object) !== node) throw only('create')
  if (operation === 'DELETE' && nodeNameOf(old) !== node) throw only('delete')
}

const kubeletSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

export function onCertificateSigningRequest({ attributes, node }: Restricted): void {
  const { operation, object } = attributes
  const { signerName = '', request = '' } = (object?.spec ?? {}) as { signerName?: string; request?: string }
  if (operation !== 'CREATE' || !kubeletSigners.includes(signerName)) return
  let commonName: string
  try {
    commonName = parseCertificateRequestPem(request).subject.commonName
  } catch (error) {
    throw refusal(attributes, `unable to parse csr: ${(error as Error).message}`)
  }
  if (commonName !== `system:node:${node}`)
    throw refusal(attributes, `can only create a node CSR with CN=system:node:${node}`)
}
