/**
 * The Node authorizer: a node (`system:node:<name>` in `system:nodes`) may read what its own pods need, write its own status,
 * lease and pods, and do what the fixed rules of the role system:node allow.
 */
import type { AnyObject } from '../../machinery/object-meta.js'
import type { UserInfo } from '../../machinery/request.js'
import type { RestDirectory } from '../deps.js'
import type { Attributes, Authorizer, Decision } from './attributes.js'
import { podRefersTo, type ReferencedResource } from './node-objects.js'
import { parseRule } from './policy/role-table.js'
import { systemRoles } from './policy/system-roles.js'
import { ruleAllows } from './policy-rule.js'

const allow: Decision = { allowed: true, reason: '' }
const refuse = (reason = ''): Decision => ({ allowed: false, reason })
const prefix = 'system:node:'

/** The name of the node that the user is; `''` for a member of system:nodes without a node's name, undefined for others. */
export function nodeIdentity(user: UserInfo): string | undefined {
  if (!user.groups.includes('system:nodes')) return undefined
  return user.name.startsWith(prefix) ? user.name.slice(prefix.length) : ''
}

const unrelated = (node: string) => refuse(`no relationship found between node '${node}' and this object`)

/** Reads pods and volumes through the registry, so that a pod counts from the moment it is bound. */
export function newNodeAuthorizer(rests: RestDirectory): Authorizer {
  const rules = (systemRoles['system:node'] ?? []).map(parseRule)

  const podsOf = async (node: string, namespace: string): Promise<AnyObject[]> => {
    const pods = await rests.find('', 'v1', 'pods')?.list(namespace || undefined, {
      fieldSelector: `spec.nodeName=${node}`,
      resourceVersion: '0',
    })
    return pods?.items.map(item => item.object) ?? []
  }

  const referenced = async (node: string, resource: ReferencedResource, attributes: Attributes) => {
    const { namespace, name } = attributes
    if (!name) return refuse('No Object name found')
    const pods = await podsOf(node, namespace)
    return pods.some(pod => podRefersTo(pod, resource, name)) ? allow : unrelated(node)
  }

  const readObject = (node: string, resource: 'secrets' | 'configmaps' | 'serviceaccounts', attributes: Attributes) => {
    if (!['get', 'list', 'watch'].includes(attributes.verb)) return refuse('can only read resources of this type')
    if (attributes.subresource) return refuse('cannot read subresource')
    if (!attributes.namespace) return refuse('can only read namespaced object of this type')
    return referenced(node, resource, attributes)
  }

  const serviceAccount = (node: string, attributes: Attributes) => {
    const { verb, subresource, name } = attributes
    if (verb === 'get' && !subresource) return readObject(node, 'serviceaccounts', attributes)
    if (verb !== 'create' || !name) return refuse('can only create tokens for individual service accounts')
    if (subresource !== 'token') return refuse('can only create token subresource of serviceaccount')
    return referenced(node, 'serviceaccounts', attributes)
  }

  const claim = (node: string, attributes: Attributes) => {
    const { verb, subresource } = attributes
    if (subresource === 'status') {
      if (verb !== 'update' && verb !== 'patch') return refuse('can only get/update/patch this type')
    } else if (verb !== 'get') return refuse('can only get individual resources of this type')
    else if (subresource) return refuse('cannot get subresource')
    return referenced(node, 'persistentvolumeclaims', attributes)
  }

  const volume = async (node: string, { verb, name }: Attributes) => {
    if (verb !== 'get') return refuse('can only get individual resources of this type')
    const stored = await rests
      .find('', 'v1', 'persistentvolumes')
      ?.get({ name })
      .catch(() => undefined)
    const ref = (stored?.object.spec as { claimRef?: { namespace?: string; name?: string } } | undefined)?.claimRef
    if (!ref?.namespace || !ref.name) return unrelated(node)
    const pods = await podsOf(node, ref.namespace)
    return pods.some(pod => podRefersTo(pod, 'persistentvolumeclaims', ref.name!)) ? allow : unrelated(node)
  }

  const pod = async (node: string, attributes: Attributes): Promise<Decision> => {
    const { verb, subresource, name, namespace, fieldSelector } = attributes
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : refuse()
    if (subresource === 'eviction') return verb === 'create' ? allow : refuse()
    if (subresource) return refuse()
    if (verb === 'create' || verb === 'delete') return allow
    if (!['get', 'list', 'watch'].includes(verb)) return refuse()
    if (verb !== 'get' && selectsNode(fieldSelector, node)) return allow
    if (!name) return refuse('can only list/watch pods with spec.nodeName field selector')
    const pods = await podsOf(node, namespace)
    return pods.some(p => p.metadata.name === name) ? allow : unrelated(node)
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
          return volume(node, attributes)
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

const selectsNode = (fieldSelector: string | undefined, node: string) =>
  fieldSelector?.split(',').some(term => term === `spec.nodeName=${node}` || term === `spec.nodeName==${node}`) ?? false

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
  if (!['get', 'list', 'watch'].includes(verb)) return refuse()
  if (name === node) return allow
  return refuse(
    name
      ? `node '${node}' cannot read '${name}', only its own Node object`
      : `node '${node}' cannot read all nodes, only its own Node object`,
  )
}
