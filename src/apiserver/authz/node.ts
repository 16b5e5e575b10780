/**
 * The Node authorizer: a node (`system:node:<name>` in `system:nodes`) may read what its own pods need, write its own status,
 * lease and pods, and do what the fixed rules of the role system:node allow.
 */
import type { UserInfo } from '../../machinery/request.js'
import { parseFieldSelector } from '../../machinery/selector/index.js'
import type { RestDirectory } from '../deps.js'
import type { Attributes, Authorizer, Decision } from './attributes.js'
import { newNodeRelations, type RelatedResource } from './node-relations.js'
import { parseRule } from './policy/role-table.js'
import { systemRoles } from './policy/system-roles.js'
import { ruleAllows } from './policy-rule.js'

const allow: Decision = { allowed: true, reason: '' }
const refuse = (reason = ''): Decision => ({ allowed: false, reason })
const prefix = 'system:node:'
const readVerbs = ['get', 'list', 'watch']
const sliceVerbs =
  'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection'

/** The name of the node that the user is, `''` where the user's name ends before it; undefined for others. */
export function nodeIdentity(user: UserInfo): string | undefined {
  if (!user.name.startsWith(prefix) || !user.groups.includes('system:nodes')) return undefined
  return user.name.slice(prefix.length)
}

/** Reads pods and volumes through the registry, so that a pod counts from the moment it is bound. */
export function newNodeAuthorizer(rests: RestDirectory): Authorizer {
  const rules = (systemRoles['system:node'] ?? []).map(parseRule)
  const isRelated = newNodeRelations(rests)

  const related = async (node: string, resource: RelatedResource, { namespace, name }: Attributes) => {
    if (!name) return refuse('No Object name found')
    if (await isRelated(node, resource, { namespace, name })) return allow
    return refuse(`no relationship found between node '${node}' and this object`)
  }

  const getObject = (node: string, resource: RelatedResource, attributes: Attributes) => {
    if (attributes.verb !== 'get') return refuse('can only get individual resources of this type')
    if (attributes.subresource) return refuse('cannot get subresource')
    return related(node, resource, attributes)
  }

  const readObject = (node: string, resource: RelatedResource, attributes: Attributes) => {
    if (!readVerbs.includes(attributes.verb)) return refuse('can only read resources of this type')
    if (attributes.subresource) return refuse('cannot read subresource')
    if (!attributes.namespace) return refuse('can only read namespaced object of this type')
    return related(node, resource, attributes)
  }

  const serviceAccount = (node: string, attributes: Attributes) => {
    const { verb, subresource, name } = attributes
    if (verb === 'get' && !subresource) return readObject(node, 'serviceaccounts', attributes)
    if (verb !== 'create' || !name) return refuse('can only create tokens for individual service accounts')
    if (subresource !== 'token') return refuse('can only create token subresource of serviceaccount')
    return related(node, 'serviceaccounts', attributes)
  }

  const claim = (node: string, attributes: Attributes) => {
    const { verb, subresource } = attributes
    if (subresource !== 'status') return getObject(node, 'persistentvolumeclaims', attributes)
    if (verb !== 'update' && verb !== 'patch') return refuse('can only get/update/patch this type')
    return related(node, 'persistentvolumeclaims', attributes)
  }

  const slice = (node: string, attributes: Attributes) => {
    const { verb, subresource, fieldSelector } = attributes
    if (subresource) return refuse('cannot authorize ResourceSlice subresources')
    if (verb === 'create') return allow
    if (['get', 'update', 'patch', 'delete'].includes(verb))
      return related(node, 'resourceslices.resource.k8s.io', attributes)
    if (!['watch', 'list', 'deletecollection'].includes(verb)) return refuse(sliceVerbs)
    if (selectsNode(fieldSelector, 'spec.nodeName', node)) return allow
    return refuse('can only list/watch/deletecollection resourceslices with nodeName field selector')
  }

  const pod = (node: string, attributes: Attributes): Decision | Promise<Decision> => {
    const { verb, subresource, name, fieldSelector } = attributes
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : refuse()
    if (subresource === 'eviction') return verb === 'create' ? allow : refuse()
    if (subresource) return refuse()
    if (verb === 'create' || verb === 'delete') return allow
    if (verb === 'get') return getObject(node, 'pods', attributes)
    if (verb !== 'list' && verb !== 'watch') return refuse()
    if (selectsNode(fieldSelector, 'spec.nodeName', node)) return allow
    return name
      ? related(node, 'pods', attributes)
      : refuse('can only list/watch pods with spec.nodeName field selector')
  }

  return attributes => {
    const node = nodeIdentity(attributes.user)
    if (node === undefined) return undefined
    if (!node) return refuse(`unknown node for user ${JSON.stringify(attributes.user.name)}`)
    if (attributes.isResource) {
      switch (attributes.group ? `${attributes.resource}.${attributes.group}` : attributes.resource) {
        case 'secrets':
        case 'configmaps':
          return readObject(node, attributes.resource as 'secrets', attributes)
        case 'persistentvolumeclaims':
          return claim(node, attributes)
        case 'persistentvolumes':
          return getObject(node, 'persistentvolumes', attributes)
        case 'resourceclaims.resource.k8s.io':
          return getObject(node, 'resourceclaims.resource.k8s.io', attributes)
        case 'volumeattachments.storage.k8s.io':
          return getObject(node, 'volumeattachments.storage.k8s.io', attributes)
        case 'resourceslices.resource.k8s.io':
          return slice(node, attributes)
        case 'serviceaccounts':
          return serviceAccount(node, attributes)
        case 'leases.coordination.k8s.io':
          return ownLease(node, attributes)
        case 'csinodes.storage.k8s.io':
          return ownCsiNode(node, attributes)
        case 'nodes':
          return ownNode(node, attributes)
        case 'pods':
          return pod(node, attributes)
      }
    }
    return rules.some(rule => ruleAllows(rule, attributes)) ? allow : undefined
  }
}

/** True when the selector lets nothing but the node's own through; one that cannot be read is none. */
function selectsNode(fieldSelector: string | undefined, field: string, node: string): boolean {
  if (!fieldSelector) return false
  try {
    const { requirements } = parseFieldSelector(fieldSelector)
    return requirements.some(each => each.field === field && each.operator === '=' && each.value === node)
  } catch {
    return false
  }
}

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete']

function ownLease(node: string, { verb, namespace, name }: Attributes): Decision {
  if (!ownVerbs.includes(verb)) return refuse('can only get, create, update, patch, or delete a node lease')
  if (namespace !== 'kube-node-lease') return refuse('can only access leases in the "kube-node-lease" system namespace')
  if (verb !== 'create' && name !== node)
    return refuse('can only access node lease with the same name as the requesting node')
  return allow
}

function ownCsiNode(node: string, { verb, subresource, name }: Attributes): Decision {
  if (!ownVerbs.includes(verb)) return refuse('can only get, create, update, patch, or delete a CSINode')
  if (subresource) return refuse('cannot authorize CSINode subresources')
  if (verb !== 'create' && name !== node)
    return refuse('can only access CSINode with the same name as the requesting node')
  return allow
}

function ownNode(node: string, { verb, subresource, name }: Attributes): Decision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : refuse()
  if (subresource) return refuse()
  if (verb === 'create' || verb === 'update' || verb === 'patch') return allow
  if (!readVerbs.includes(verb)) return refuse()
  if (name === node) return allow
  return refuse(
    name
      ? `node '${node}' cannot read '${name}', only its own Node object`
      : `node '${node}' cannot read all nodes, only its own Node object`,
  )
}
