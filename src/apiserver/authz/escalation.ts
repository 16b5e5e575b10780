/** Nobody may grant what they do not hold: compares the rules of a role with those of the user who writes or binds it. */
import type { UserInfo } from '../../machinery/request.js'
import { all, type PolicyRule } from './policy-rule.js'
import { joinErrors } from './rbac.js'
import type { RuleResolver } from './rule-resolver.js'

/** Everything, everywhere: what an aggregation rule can gather. */
export const fullAuthority: readonly PolicyRule[] = [
  { verbs: [all], apiGroups: [all], resources: [all] },
  { verbs: [all], nonResourceURLs: [all] },
]

/** Equal rules of one verb, one resource (or URL) and at most one name each. */
export function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = []
  for (const group of rule.apiGroups ?? [])
    for (const resource of rule.resources ?? [])
      for (const verb of rule.verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] }
        if (rule.resourceNames?.length)
          for (const name of rule.resourceNames) parts.push({ ...part, resourceNames: [name] })
        else parts.push(part)
      }
  for (const url of rule.nonResourceURLs ?? [])
    for (const verb of rule.verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] })
  return parts
}

const includesAll = (set: readonly string[] = [], wanted: readonly string[] = []) => wanted.every(w => set.includes(w))

const resourceCovered = (set: readonly string[] = [], resource: string) => {
  if (set.includes(all) || set.includes(resource)) return true
  const slash = resource.indexOf('/')
  return slash > 0 && set.includes(`*${resource.slice(slash)}`)
}

const urlCovered = (set: readonly string[] = [], url: string) =>
  set.some(own => own === url || (own.endsWith('*') && url.startsWith(own.replace(/\*+$/, ''))))

function covers(owner: PolicyRule, part: PolicyRule): boolean {
  return (
    (owner.verbs.includes(all) || includesAll(owner.verbs, part.verbs)) &&
    (owner.apiGroups?.includes(all) || includesAll(owner.apiGroups, part.apiGroups)) &&
    (part.resources ?? []).every(resource => resourceCovered(owner.resources, resource)) &&
    (part.nonResourceURLs ?? []).every(url => urlCovered(owner.nonResourceURLs, url)) &&
    (!owner.resourceNames?.length || (!!part.resourceNames && includesAll(owner.resourceNames, part.resourceNames)))
  )
}

/** The parts of `wanted` that no rule of `held` covers. */
export const uncovered = (held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] =>
  wanted.flatMap(breakDown).filter(part => !held.some(owner => covers(owner, part)))

const quoted = (list: readonly string[]) => `[${list.map(text => JSON.stringify(text)).join(' ')}]`

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
function describe(rule: PolicyRule): string {
  const parts: string[] = []
  if (rule.apiGroups?.length) parts.push(`APIGroups:${quoted(rule.apiGroups)}`)
  if (rule.resources?.length) parts.push(`Resources:${quoted(rule.resources)}`)
  if (rule.nonResourceURLs?.length) parts.push(`NonResourceURLs:${quoted(rule.nonResourceURLs)}`)
  if (rule.resourceNames?.length) parts.push(`ResourceNames:${quoted(rule.resourceNames)}`)
  if (rule.verbs.length) parts.push(`Verbs:${quoted(rule.verbs)}`)
  return `{${parts.join(', ')}}`
}

/** Parts that differ in nothing but the verb become one rule again, as upstream prints them. */
function compact(parts: readonly PolicyRule[]): PolicyRule[] {
  const byRest = new Map<string, PolicyRule & { verbs: string[] }>()
  for (const part of parts) {
    const simple = part.apiGroups && !part.nonResourceURLs
    const key = simple ? JSON.stringify([part.apiGroups, part.resources, part.resourceNames]) : JSON.stringify(part)
    const known = byRest.get(key)
    if (known) known.verbs.push(...part.verbs.filter(verb => !known.verbs.includes(verb)))
    else byRest.set(key, { ...part, verbs: [...part.verbs] })
  }
  return [...byRest.values()]
}

/** Why the user may not grant these rules in the namespace (`''`: cluster-wide); undefined when they hold them all. */
export function escalationError(
  resolver: RuleResolver,
  user: UserInfo,
  { namespace, rules }: { namespace: string; rules: readonly PolicyRule[] },
): string | undefined {
  const held = resolver.allHeld(user, namespace)
  const missing = uncovered(held.rules, rules)
  if (!missing.length) return undefined
  const lines = [...new Set(compact(missing).map(describe))].sort()
  const who = `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)})`
  const errors = held.errors.length ? `; resolution errors: [${joinErrors(held.errors)}]` : ''
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${errors}`
}
