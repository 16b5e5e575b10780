/** NodeRestriction: what the Node authorizer cannot tell from the path alone, such as which pod a status belongs to. */
import type { AnyObject } from '../../machinery/object-meta.js'
import { isReason, notFound } from '../../machinery/status-error.js'
import { nodeIdentity } from '../authz/node.js'
import { podRefersToAny } from '../authz/node-objects.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, nodes, pods } from './lookup.js'
import { forbiddenLabelChanges } from './node-labels.js'
import { asPod, isMirrorPod, mirrorAnnotation } from './pod-spec.js'

interface Restricted {
  attributes: AdmissionAttributes
  node: string
}

const podRef = { group: '', names: { plural: 'pods', singular: 'pod' } }
const same = (a: unknown, b: unknown) => JSON.stringify(a ?? []) === JSON.stringify(b ?? [])
const nodeNameOf = (object: AnyObject | undefined) => (object?.spec as { nodeName?: string } | undefined)?.nodeName

export function nodeRestriction(lookup: Lookup): AdmissionPlugin {
  const findPod = async ({ namespace }: AdmissionAttributes, name: string) => {
    const found = await lookup.get(pods, { namespace, name })
    if (!found) throw notFound(podRef, name)
    return found
  }

  const createPod = async ({ attributes, node }: Restricted) => {
    const pod = asPod(attributes.object)
    const only = (what: string) => refusal(attributes, `node "${node}" can only create ${what}`)
    if (!isMirrorPod(pod))
      throw refusal(
        attributes,
        `pod does not have "${mirrorAnnotation}" annotation, node "${node}" can only create mirror pods`,
      )
    if (pod.spec.nodeName !== node) throw only('pods with spec.nodeName set to itself')
    const [owner, ...more] = pod.metadata.ownerReferences ?? []
    if (more.length) throw only('pods with a single owner reference set to itself')
    if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
      throw only('pods with an owner reference set to itself')
    if (!owner.controller) throw only('pods with a controller owner reference set to itself')
    if (owner.blockOwnerDeletion)
      throw refusal(attributes, `node "${node}" must not set blockOwnerDeletion on an owner reference`)
    const own = await lookup.get(nodes, { name: node })
    if (!own) throw notFound({ group: '', names: { plural: 'nodes', singular: 'node' } }, node)
    if (own.metadata.uid !== owner.uid)
      throw refusal(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`)
    const reference = podRefersToAny(attributes.object!)
    if (reference) throw refusal(attributes, `node "${node}" can not create pods that reference ${reference}`)
  }

  const onPod = async ({ attributes, node }: Restricted) => {
    const { operation, subresource, name, object, old } = attributes
    if (subresource === 'eviction') {
      const pod = await findPod(attributes, name || (object?.metadata.name ?? ''))
      if (nodeNameOf(pod) !== node)
        throw refusal(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`)
    } else if (subresource === 'status') {
      if (nodeNameOf(old) !== node)
        throw refusal(attributes, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`)
      if (
        !same(Object.entries(object?.metadata.labels ?? {}).sort(), Object.entries(old?.metadata.labels ?? {}).sort())
      )
        throw refusal(attributes, `node "${node}" cannot update labels through pod status`)
    } else if (subresource) {
      throw refusal(attributes, `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`)
    } else if (operation === 'CREATE') await createPod({ attributes, node })
    else if (operation === 'DELETE') {
      if (nodeNameOf(old ?? (await findPod(attributes, name))) !== node)
        throw refusal(attributes, `node "${node}" can only delete pods with spec.nodeName set to itself`)
    } else
      throw refusal(
        attributes,
        `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`,
      )
  }

  const onToken = async ({ attributes, node }: Restricted) => {
    if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return
    const spec = attributes.object?.spec as
      | { boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string } }
      | undefined
    const ref = spec?.boundObjectRef
    if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name)
      throw refusal(attributes, 'node requested token not bound to a pod')
    if (!ref.uid) throw refusal(attributes, 'node requested token with a pod binding without a uid')
    const pod = await findPod(attributes, ref.name)
    if (pod.metadata.uid !== ref.uid)
      throw refusal(
        attributes,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    if (nodeNameOf(pod) !== node)
      throw refusal(attributes, 'node requested token bound to a pod scheduled on a different node')
  }

  const handlers: Readonly<Record<string, (restricted: Restricted) => void | Promise<void>>> = {
    pods: onPod,
    nodes: onNode,
    serviceaccounts: onToken,
    persistentvolumeclaims: onClaim,
    'leases.coordination.k8s.io': onLease,
    'csinodes.storage.k8s.io': onCsiNode,
  }

  return {
    name: 'NodeRestriction',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    resources: Object.keys(handlers),
    subresources: true,
    async validate(attributes) {
      const node = nodeIdentity(attributes.user)
      if (node === undefined) return
      if (!node) throw refusal(attributes, `could not determine node from user ${JSON.stringify(attributes.user.name)}`)
      try {
        await handlers[attributes.kind.qualifiedResource]?.({ attributes, node })
      } catch (error) {
        // The delete itself says so better.
        if (attributes.operation === 'DELETE' && isReason(error, 'NotFound')) return
        throw error
      }
    },
  }
}

function onNode({ attributes, node }: Restricted): void {
  const { operation, object, old } = attributes
  const name = attributes.name || object?.metadata.name
  if (name !== node) throw refusal(attributes, `node "${node}" is not allowed to modify node "${name}"`)
  if (operation === 'DELETE') return
  const labels = forbiddenLabelChanges(object?.metadata.labels, old?.metadata.labels)
  if (operation === 'CREATE') {
    if (labels.length)
      throw refusal(attributes, `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`)
    return
  }
  const taints = (o: AnyObject | undefined) => (o?.spec as { taints?: unknown[] } | undefined)?.taints
  if (!same(taints(object), taints(old))) throw refusal(attributes, `node "${node}" is not allowed to modify taints`)
  if (!same(object?.metadata.ownerReferences, old?.metadata.ownerReferences))
    throw refusal(attributes, `node "${node}" is not allowed to modify ownerReferences`)
  if (labels.length) throw refusal(attributes, `is not allowed to modify labels: ${labels.join(', ')}`)
}

function onLease({ attributes, node }: Restricted): void {
  const { operation, namespace, object } = attributes
  if (namespace !== 'kube-node-lease')
    throw refusal(attributes, 'can only access leases in the "kube-node-lease" system namespace')
  const name = operation === 'CREATE' ? object?.metadata.name : attributes.name
  if (name !== node) throw refusal(attributes, 'can only access node lease with the same name as the requesting node')
}

function onCsiNode({ attributes, node }: Restricted): void {
  const name = attributes.operation === 'CREATE' ? attributes.object?.metadata.name : attributes.name
  if (name !== node) throw refusal(attributes, 'can only access CSINode with the same name as the requesting node')
}

function onClaim({ attributes, node }: Restricted): void {
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
