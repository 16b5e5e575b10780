/** Refuses roles and bindings that give more than their writer holds, unless the verbs `escalate` or `bind` allow it. */
import type { AnyObject } from '../../machinery/object-meta.js'
import { forbiddenError, notFound } from '../../machinery/status-error.js'
import type { Attributes } from '../authz/attributes.js'
import { resourceAttributes } from '../authz/attributes.js'
import type { Authorize } from '../authz/authorizer.js'
import { escalationError, fullAuthority } from '../authz/escalation.js'
import type { PolicyRule } from '../authz/policy-rule.js'
import { type Binding, type ClusterRole, rbacGroup } from '../authz/rbac-types.js'
import type { RuleResolver } from '../authz/rule-resolver.js'
import type { AdmissionAttributes, AdmissionPlugin } from './admission.js'

const roleResources = ['roles', 'clusterroles'].map(name => `${name}.${rbacGroup}`)
const bindingResources = ['rolebindings', 'clusterrolebindings'].map(name => `${name}.${rbacGroup}`)

/** What the garbage collector changes is no grant. */
function contentOf(object: AnyObject): string {
  const { ownerReferences: _, finalizers: __, managedFields: ___, resourceVersion: ____, ...metadata } = object.metadata
  return JSON.stringify({ ...object, metadata })
}

const aggregates = (object: AnyObject | undefined) =>
  !!(object as unknown as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors?.length

export function rbacEscalation(resolver: RuleResolver, authorize: Authorize): AdmissionPlugin {
  const may = async (
    { user }: AdmissionAttributes,
    wanted: Pick<Attributes, 'verb' | 'resource'> & Partial<Attributes>,
  ) => (await authorize(resourceAttributes(user, { group: rbacGroup, ...wanted }))).allowed

  const requireHeld = (attributes: AdmissionAttributes, rules: readonly PolicyRule[], message?: string) => {
    const { kind, user, namespace, object, name } = attributes
    const error = escalationError(resolver, user, { namespace, rules })
    if (error) throw forbiddenError(kind, object?.metadata.name ?? name, message ?? error)
  }

  const checkRole = async (attributes: AdmissionAttributes) => {
    const { kind, namespace, name, object, old } = attributes
    if (await may(attributes, { verb: 'escalate', resource: kind.names.plural, namespace, name })) return
    requireHeld(attributes, (object as unknown as ClusterRole).rules ?? [])
    if (aggregates(object) || aggregates(old))
      requireHeld(attributes, fullAuthority, 'must have cluster-admin privileges to use the aggregationRule')
  }

  const checkBinding = async (attributes: AdmissionAttributes) => {
    const { roleRef } = attributes.object as unknown as Binding
    const { namespace } = attributes
    const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    if (await may(attributes, { verb: 'bind', resource, namespace, name: roleRef.name })) return
    const rules = resolver.rulesOf(roleRef, namespace)
    // Upstream names the binding's resource here.
    if (!rules) throw notFound(attributes.kind, roleRef.name)
    requireHeld(attributes, rules)
  }

  return {
    name: 'RBACEscalation',
    operations: ['CREATE', 'UPDATE'],
    resources: [...roleResources, ...bindingResources],
    async mutate(attributes) {
      const { user, object, old, kind } = attributes
      if (user.groups.includes('system:masters')) return
      if (old && object && contentOf(old) === contentOf(object)) return
      return roleResources.includes(kind.qualifiedResource) ? checkRole(attributes) : checkBinding(attributes)
    },
  }
}
