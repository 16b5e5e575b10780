/** Whether a flow schema is about a request: upstream's matchesFlowSchema. */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../apis/generated/flowcontrol-v1.js'
import type { UserInfo } from '../../machinery/request.js'
import type { RequestInfo } from '../request-info.js'

/** A `*` counts only when it stands alone. */
const includes = (list: readonly string[], value: string) =>
  (list.length === 1 && list[0] === '*') || list.includes(value)

function matchesSubject({ name, groups }: UserInfo, { kind, user, group, serviceAccount }: Subject): boolean {
  if (kind === 'User') return !!user && (user.name === '*' || user.name === name)
  if (kind === 'Group') return !!group && (group.name === '*' || groups.includes(group.name))
  if (kind !== 'ServiceAccount' || !serviceAccount) return false
  const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
  return serviceAccount.name === '*' ? name.startsWith(prefix) : name === prefix + serviceAccount.name
}

function matchesResourceRule(info: RequestInfo, rule: ResourcePolicyRule): boolean {
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource
  if (!includes(rule.verbs, info.verb) || !includes(rule.resources, resource)) return false
  if (!includes(rule.apiGroups, info.group)) return false
  return info.namespace ? includes(rule.namespaces ?? [], info.namespace) : !!rule.clusterScope
}

const matchesPath = (path: string, rulePath: string): boolean => {
  if (rulePath === '*' || rulePath === path) return true
  const prefix = rulePath.replace(/\*$/, '')
  return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

const matchesNonResourceRule = ({ verb, path }: RequestInfo, rule: NonResourcePolicyRule): boolean =>
  includes(rule.verbs, verb) && rule.nonResourceURLs.some(rulePath => matchesPath(path, rulePath))

function matchesRule(info: RequestInfo, user: UserInfo, rule: PolicyRulesWithSubjects): boolean {
  if (!rule.subjects.some(subject => matchesSubject(user, subject))) return false
  return info.isResource
    ? (rule.resourceRules ?? []).some(one => matchesResourceRule(info, one))
    : (rule.nonResourceRules ?? []).some(one => matchesNonResourceRule(info, one))
}

export const matchesFlowSchema = (info: RequestInfo, user: UserInfo, { spec }: FlowSchema): boolean =>
  (spec.rules ?? []).some(rule => matchesRule(info, user, rule))
