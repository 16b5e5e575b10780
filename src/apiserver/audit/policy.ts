/** Audit policies: the first rule that fits a request says how much of it is recorded. */
import type { Attributes } from '../authz/attributes.js'

/** From nothing to everything; each says all that those before it say. */
export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const

export type AuditLevel = (typeof auditLevels)[number]
export type AuditStage = (typeof auditStages)[number]

interface GroupResources {
  group?: string
  resources?: readonly string[]
  resourceNames?: readonly string[]
}

/** What is empty or absent fits every request. */
export interface AuditRule {
  level: AuditLevel
  users?: readonly string[]
  userGroups?: readonly string[]
  verbs?: readonly string[]
  resources?: readonly GroupResources[]
  namespaces?: readonly string[]
  nonResourceURLs?: readonly string[]
  omitStages?: readonly AuditStage[]
  omitManagedFields?: boolean
}

/** Of kind Policy, audit.k8s.io/v1. */
export interface AuditPolicy {
  rules: readonly AuditRule[]
  omitStages?: readonly AuditStage[]
  omitManagedFields?: boolean
}

/** What is recorded of one request. */
export interface AuditChoice {
  level: AuditLevel
  omitStages: ReadonlySet<AuditStage>
  omitManagedFields: boolean
}

/** `/healthz*` stands for all that begins so. */
const isPath = (path: string, spec: string): boolean =>
  spec === '*' || spec === path || (spec.endsWith('*') && path.startsWith(spec.replace(/\*+$/, '')))

function isResourceOf({ resources = [], resourceNames = [] }: GroupResources, attributes: Attributes): boolean {
  if (!resources.length) return true
  const { resource, subresource, name } = attributes
  if (resourceNames.length && !resourceNames.includes(name)) return false
  const whole = subresource ? `${resource}/${subresource}` : resource
  return resources.some(
    given =>
      given === '*' || given === whole || given === `${resource}/*` || (subresource && given === `*/${subresource}`),
  )
}

function fits(rule: AuditRule, attributes: Attributes): boolean {
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule
  const { user, verb, isResource, namespace, group, path } = attributes
  if (users?.length && !users.includes(user.name)) return false
  if (userGroups?.length && !user.groups.some(each => userGroups.includes(each))) return false
  if (verbs?.length && !verbs.includes(verb)) return false
  if (namespaces?.length || resources?.length) {
    if (!isResource || (namespaces?.length && !namespaces.includes(namespace))) return false
    return !resources?.length || resources.some(each => (each.group ?? '') === group && isResourceOf(each, attributes))
  }
  return !nonResourceURLs?.length || (!isResource && nonResourceURLs.some(spec => isPath(path, spec)))
}

/** What no rule fits is not recorded. */
export function newAuditPolicy(policy: AuditPolicy): (attributes: Attributes) => AuditChoice {
  const choices = policy.rules.map((rule): AuditChoice => {
    const omitStages = new Set([...(policy.omitStages ?? []), ...(rule.omitStages ?? [])])
    const omitManagedFields = rule.omitManagedFields ?? policy.omitManagedFields ?? false
    return { level: rule.level, omitStages, omitManagedFields }
  })
  const nothing: AuditChoice = { level: 'None', omitStages: new Set(), omitManagedFields: false }
  return attributes => choices[policy.rules.findIndex(rule => fits(rule, attributes))] ?? nothing
}
