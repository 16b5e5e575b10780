/** Validation of the rules of roles. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import type { PolicyRule } from '../generated/rbac-v1.js'

function* validateRule(rule: PolicyRule, path: string, namespaced: boolean): Generator<FieldError> {
  const { nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule
  if (!rule.verbs?.length) yield required(`${path}.verbs`, 'verbs must contain at least one value')
  if (nonResourceURLs.length) {
    const field = `${path}.nonResourceURLs`
    if (namespaced) yield invalid(field, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')
    if (apiGroups.length || resources.length || resourceNames.length)
      yield invalid(field, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs')
    return
  }
  if (!apiGroups.length) yield required(`${path}.apiGroups`, 'resource rules must supply at least one api group')
  if (!resources.length) yield required(`${path}.resources`, 'resource rules must supply at least one resource')
}

/** `namespaced` for a Role, which cannot grant URLs that are no resource. */
export function* validateRules(
  rules: readonly PolicyRule[] | null | undefined,
  namespaced: boolean,
): Generator<FieldError> {
  for (const [i, rule] of (rules ?? []).entries()) yield* validateRule(rule, `rules[${i}]`, namespaced)
}
