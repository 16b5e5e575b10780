/** MatchResources: which requests a policy or a binding is about. */
import { type FieldError, notSupported, required } from '../../machinery/field-error.js'
import { validateLabelSelector } from '../../machinery/selector/index.js'
import type { MatchResources } from '../generated/admissionregistration-v1.js'
import { defaultRules, validateNamedRule } from './rules.js'
import { matchPolicies } from './webhooks.js'

export function* validateMatchResources(match: MatchResources | undefined, path: string): Generator<FieldError> {
  if (!match) return
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match
  if (matchPolicy === undefined) yield required(`${path}.matchPolicy`)
  else if (!matchPolicies.includes(matchPolicy)) yield notSupported(`${path}.matchPolicy`, matchPolicy, matchPolicies)
  if (namespaceSelector) yield* validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`)
  else yield required(`${path}.namespaceSelector`)
  if (objectSelector) yield* validateLabelSelector(objectSelector, `${path}.objectSelector`)
  else yield required(`${path}.objectSelector`)
  for (const [i, rule] of resourceRules.entries()) yield* validateNamedRule(rule, `${path}.resourceRules[${i}]`)
  for (const [i, rule] of excludeResourceRules.entries())
    yield* validateNamedRule(rule, `${path}.excludeResourceRules[${i}]`)
}

export function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  defaultRules(match.resourceRules)
  defaultRules(match.excludeResourceRules)
}
