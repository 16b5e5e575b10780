/** What a node may do to pods: make and delete its own mirrors, report and evict what is bound to it. */
import type { AnyObject } from '../../../machinery/object-meta.js'
import { notFound } from '../../../machinery/status-error.js'
import { refusal } from '../admission.js'
import { type Lookup, nodes } from '../lookup.js'
import { asPod, isMirrorPod, mirrorAnnotation } from '../pod-spec.js'
import { apiReferenceOf } from './api-references.js'
import { findPod, nodeNameOf, type Restricted, type Restriction, same } from './restricted.js'

interface ClaimStatuses {
  resourceClaimStatuses?: { name: string; resourceClaimName?: string }[]
  extendedResourceClaimStatus?: { resourceClaimName?: string; requestMappings?: unknown[] }
}

const labelsOf = (object: AnyObject | undefined) => Object.entries(object?.metadata.labels ?? {}).sort()
const statusOf = (object: AnyObject | undefined) => (object?.status ?? {}) as ClaimStatuses
const claimsIn = (object: AnyObject | undefined) =>
  (statusOf(object).resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName])
const extendedClaimIn = (object: AnyObject | undefined) => {
  const { resourceClaimName, requestMappings = [] } = statusOf(object).extendedResourceClaimStatus ?? {}
  return [resourceClaimName, requestMappings]
}

function onStatus({ attributes, node }: Restricted): void {
  const { object, old } = attributes
  if (nodeNameOf(old) !== node)
    throw refusal(attributes, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`)
  if (!same(labelsOf(object), labelsOf(old)))
    throw refusal(attributes, `node "${node}" cannot update labels through pod status`)
  if (!same(claimsIn(object), claimsIn(old)))
    throw refusal(attributes, `node "${node}" cannot update resource claim statues`)
  if (!same(extendedClaimIn(object), extendedClaimIn(old)))
    throw refusal(attributes, `node "${node}" cannot update extended resource claim status`)
}

export function newPodRestriction(lookup: Lookup): Restriction {
  const checkOwner = async ({ attributes, node }: Restricted) => {
    const only = (what: string) => refusal(attributes, `node "${node}" can only create pods with ${what}`)
    const [owner, ...more] = attributes.object?.metadata.ownerReferences ?? []
    if (more.length) throw only('a single owner reference set to itself')
    if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
      throw only('an owner reference set to itself')
    if (!owner.controller) throw only('a controller owner reference set to itself')
    if (owner.blockOwnerDeletion)
      throw refusal(attributes, `node "${node}" must not set blockOwnerDeletion on an owner reference`)
    const own = await lookup.get(nodes, { name: node })
    if (!own) throw notFound({ group: '', names: { plural: 'node', singular: 'node' } }, node)
    if (own.metadata.uid !== owner.uid)
      throw refusal(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`)
  }

  const onCreate = async ({ attributes, node }: Restricted) => {
    const pod = asPod(attributes.object)
    if (!isMirrorPod(pod))
      throw refusal(
        attributes,
        `pod does not have "${mirrorAnnotation}" annotation, node "${node}" can only create mirror pods`,
      )
    if (pod.spec.nodeName !== node)
      throw refusal(attributes, `node "${node}" can only create pods with spec.nodeName set to itself`)
    await checkOwner({ attributes, node })
    const reference = apiReferenceOf(attributes.object!)
    if (reference) throw refusal(attributes, `node "${node}" can not create pods that reference ${reference}`)
  }

  const onEviction = async ({ attributes, node }: Restricted) => {
    const { namespace, name, object } = attributes
    const pod = await findPod(lookup, namespace, name || (object?.metadata.name ?? ''))
    if (nodeNameOf(pod) !== node)
      throw refusal(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`)
  }

  return async restricted => {
    const { attributes, node } = restricted
    const { operation, subresource, namespace, name, old } = attributes
    if (subresource === 'eviction') return onEviction(restricted)
    if (subresource === 'status') return onStatus(restricted)
    if (subresource)
      throw refusal(attributes, `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`)
    if (operation === 'CREATE') return onCreate(restricted)
    if (operation !== 'DELETE')
      throw refusal(
        attributes,
        `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`,
      )
    if (nodeNameOf(old ?? (await findPod(lookup, namespace, name))) !== node)
      throw refusal(attributes, `node "${node}" can only delete pods with spec.nodeName set to itself`)
  }
}
