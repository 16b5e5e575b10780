/** The RBAC authorizer: allows what a rule held by the user allows; has no opinion otherwise. */
import type { Attributes, Authorizer, Decision } from './attributes.js'
import { ruleAllows } from './policy-rule.js'
import type { Grant, HeldRules, RuleResolver } from './rule-resolver.js'

/** Joins as Go's aggregate errors do: doubles left out, more than one in brackets. */
export function joinErrors(errors: readonly string[]): string {
  const distinct = [...new Set(errors)]
  return distinct.length > 1 ? `[${distinct.join(', ')}]` : (distinct[0] ?? '')
}

const maxDecisions = 10_000

/** `RoleBinding "b/ns" of Role "r" to User "u"`: where upstream says a permission comes from. */
function describeGrant({ binding, subject }: Grant): string {
  const { namespace, name } = binding.metadata
  const { kind, name: role } = binding.roleRef
  const inNamespace = subject.kind === 'ServiceAccount' ? `/${subject.namespace || (namespace ?? '')}` : ''
  const own = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`
  return `${own} of ${kind} "${role}" to ${subject.kind} "${subject.name}${inNamespace}"`
}

/** The decision of the first grant that allows the request. */
function allowedBy({ grants }: HeldRules, attributes: Attributes): Decision | undefined {
  const grant = grants.find(({ rules }) => rules.some(rule => ruleAllows(rule, attributes)))
  return grant && { allowed: true, reason: `RBAC: allowed by ${describeGrant(grant)}` }
}

/** Remembers its decisions until a role or binding changes. */
export function newRbacAuthorizer(resolver: RuleResolver): Authorizer {
  let decisions = new Map<string, Decision>()
  let generation = -1

  const decide = (attributes: Attributes): Decision => {
    const cluster = resolver.held(attributes.user, '')
    const byCluster = allowedBy(cluster, attributes)
    if (byCluster) return byCluster
    const errors = [...cluster.errors]
    if (attributes.namespace) {
      const local = resolver.held(attributes.user, attributes.namespace)
      const byNamespace = allowedBy(local, attributes)
      if (byNamespace) return byNamespace
      errors.push(...local.errors)
    }
    return { allowed: false, reason: errors.length ? `RBAC: ${joinErrors(errors)}` : '' }
  }

  return attributes => {
    if (generation !== resolver.generation || decisions.size > maxDecisions) {
      generation = resolver.generation
      decisions = new Map()
    }
    const { user, verb, group, resource, subresource, namespace, name, path, isResource } = attributes
    const key = isResource
      ? `${user.name}\0${verb}\0${group}\0${resource}\0${subresource}\0${namespace}\0${name}\0${user.groups.join('\0')}`
      : `${user.name}\n${verb}\n${path}\n${user.groups.join('\0')}`
    let decision = decisions.get(key)
    if (!decision) decisions.set(key, (decision = decide(attributes)))
    return decision
  }
}
