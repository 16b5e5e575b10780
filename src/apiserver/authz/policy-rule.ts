/** rbac.authorization.k8s.io's PolicyRule and how one is matched against a request. */
import type { Attributes } from './attributes.js'

export interface PolicyRule {
  verbs: readonly string[]
  apiGroups?: readonly string[]
  resources?: readonly string[]
  resourceNames?: readonly string[]
  nonResourceURLs?: readonly string[]
}

export const all = '*'
const has = (list: readonly string[] | undefined, value: string) => list?.includes(value) ?? false
const hasOrAll = (list: readonly string[] | undefined, value: string) => has(list, all) || has(list, value)

/** A subresource is matched by every resource, by its full name such as `pods/log`, or by the subresource of any resource. */
export function resourceMatches(
  resources: readonly string[] | undefined,
  resource: string,
  subresource: string,
): boolean {
  if (!resources) return false
  const combined = subresource ? `${resource}/${subresource}` : resource
  if (hasOrAll(resources, combined)) return true
  return subresource !== '' && resources.includes(`*/${subresource}`)
}

/** Exact, or a prefix that ends in `*`. */
export const urlMatches = (urls: readonly string[] | undefined, path: string): boolean =>
  urls?.some(url => url === all || url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')))) ??
  false

/** True when this one rule allows the request. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!hasOrAll(rule.verbs, attributes.verb)) return false
  if (!attributes.isResource) return urlMatches(rule.nonResourceURLs, attributes.path)
  return (
    hasOrAll(rule.apiGroups, attributes.group) &&
    resourceMatches(rule.resources, attributes.resource, attributes.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(attributes.name))
  )
}
