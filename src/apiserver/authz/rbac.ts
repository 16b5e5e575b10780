/** The RBAC authorizer: allows what a rule held by the user allows; has no opinion otherwise. */
import type { Attributes, Authorizer, Decision } from './attributes.js'
import { ruleAllows } from './policy-rule.js'
import type { Grant, HeldRules, RuleResolver } from './rule-resolver.js'

/** Joins as Go's aggregate errors do: doubles left out, more than one in brackets. */
export function joinErrors(errors: readonly string[]): string {
  const distinct = [...new Set(errors)]
  return distinct.length > 1 ? `[${distinct.join(', ')}]` : (distinct[0] ?? '')
}

const maxDecisions = 4096

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

/** True when the decision hangs on the object's name: a rule says so that otherwise fits. */
const mindsNames = ({ rules }: HeldRules, attributes: Attributes): boolean =>
  rules.some(
    ({ resourceNames, ...rule }) => resourceNames?.length && attributes.isResource && ruleAllows(rule, attributes),
  )

/** A decision, and how much of the request it hangs on, besides who wants to do what to which resource. */
interface Judgement {
  decision: Decision
  hangsOn: 'nothing' | 'namespace' | 'name'
}

function judge(resolver: RuleResolver, attributes: Attributes): Judgement {
  const cluster = resolver.held(attributes.user, '')
  const byCluster = allowedBy(cluster, attributes)
  if (byCluster) return { decision: byCluster, hangsOn: mindsNames(cluster, attributes) ? 'name' : 'nothing' }
  const local = attributes.namespace ? resolver.held(attributes.user, attributes.namespace) : undefined
  const hangsOn = [cluster, local].some(held => held && mindsNames(held, attributes)) ? 'name' : 'namespace'
  const byNamespace = local && allowedBy(local, attributes)
  if (byNamespace) return { decision: byNamespace, hangsOn }
  const errors = [...cluster.errors, ...(local?.errors ?? [])]
  return { decision: { allowed: false, reason: errors.length ? `RBAC: ${joinErrors(errors)}` : '' }, hangsOn }
}

/** Remembers its decisions until a role or binding changes; objects and namespaces, which come and go, only where a decision hangs on them. */
export function newRbacAuthorizer(resolver: RuleResolver): Authorizer {
  let decisions = new Map<string, Decision>()
  let generation = -1

  return attributes => {
    if (generation !== resolver.generation || decisions.size > maxDecisions) {
      generation = resolver.generation
      decisions = new Map()
    }
    const { user, verb, group, resource, subresource, namespace, name, path, isResource } = attributes
    const target = isResource ? `${group}\0${resource}\0${subresource}` : `\n${path}`
    const everywhere = `${user.name}\0${verb}\0${target}\0${user.groups.join('\0')}`
    const general = decisions.get(everywhere)
    if (general) return general
    const inNamespace = `${everywhere}\n${namespace}`
    const ofName = `${inNamespace}\n${name}`
    const known = decisions.get(inNamespace) ?? decisions.get(ofName)
    if (known) return known
    const { decision, hangsOn } = judge(resolver, attributes)
    decisions.set({ nothing: everywhere, namespace: inNamespace, name: ofName }[hangsOn], decision)
    return decision
  }
}
