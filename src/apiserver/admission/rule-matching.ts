/** Which requests the rules of policies and webhooks mean. */
import type { LabelSelector } from '../../apis/generated/meta-v1.js'
import type { AnyKind } from '../../machinery/kind.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { internalError } from '../../machinery/status-error.js'
import type { AdmissionAttributes } from './admission.js'
import { type Lookup, namespaces } from './lookup.js'

/** Upstream's RuleWithOperations, with the names of a NamedRuleWithOperations. */
export interface MatchRule {
  operations?: readonly string[]
  apiGroups?: readonly string[]
  apiVersions?: readonly string[]
  resources?: readonly string[]
  scope?: string
  resourceNames?: readonly string[]
}

export interface MatchCriteria {
  namespaceSelector?: LabelSelector
  objectSelector?: LabelSelector
}

const hasOrAll = (items: readonly string[] = [], wanted: string) => items.includes('*') || items.includes(wanted)

function matchesScope(scope: string | undefined, { kind, namespace }: AdmissionAttributes): boolean {
  if (scope === undefined || scope === '*') return true
  return (scope === 'Namespaced') === (kind.qualifiedResource !== 'namespaces' && namespace !== '')
}

function matchesResource(resources: readonly string[] = [], resource: string, subresource: string): boolean {
  return resources.some(text => {
    const slash = text.indexOf('/')
    const [name, sub] = slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)]
    return (name === '*' || name === resource) && (sub === '*' || sub === subresource)
  })
}

const matchesName = (names: readonly string[] = [], name: string) => !names.length || names.includes(name)

/** `as`: the kind in whose version the request is looked at. */
function matchesRule(rule: MatchRule, attributes: AdmissionAttributes, as: AnyKind): boolean {
  const { operation, subresource } = attributes
  return (
    matchesScope(rule.scope, attributes) &&
    hasOrAll(rule.operations, operation) &&
    hasOrAll(rule.apiGroups, as.group) &&
    hasOrAll(rule.apiVersions, as.version) &&
    matchesResource(rule.resources, as.names.plural, subresource)
  )
}

/** The kind in whose version a rule means the request: its own, or with matchPolicy Equivalent another of `equivalents`. */
export function matchingKind(
  rules: readonly MatchRule[],
  attributes: AdmissionAttributes,
  equivalents: readonly AnyKind[],
): AnyKind | undefined {
  return [attributes.kind, ...equivalents].find(kind =>
    rules.some(rule => matchesRule(rule, attributes, kind) && matchesName(rule.resourceNames, attributes.name)),
  )
}

const isEmpty = ({ matchLabels, matchExpressions }: LabelSelector) =>
  !Object.keys(matchLabels ?? {}).length && !matchExpressions?.length

/** The labels of the namespace that a request concerns; undefined at the cluster scope. Throws a StatusError when there is no such. */
async function namespaceLabels(
  { kind, namespace, object, old, operation }: AdmissionAttributes,
  lookup: Lookup,
): Promise<Record<string, string> | undefined> {
  if (kind.qualifiedResource === 'namespaces') return (operation === 'DELETE' ? old : object)?.metadata.labels ?? {}
  if (!namespace) return undefined
  const found = await lookup.get(namespaces, { name: namespace })
  if (!found) throw internalError(`namespaces "${namespace}" not found`)
  return found.metadata.labels ?? {}
}

/** Both selectors; an object matches when it does before or after the change. */
export async function matchesSelectors(
  { namespaceSelector = {}, objectSelector = {} }: MatchCriteria,
  attributes: AdmissionAttributes,
  lookup: Lookup,
): Promise<boolean> {
  if (!isEmpty(objectSelector)) {
    const { object, old } = attributes
    if (![object, old].some(version => version && matchesLabels(objectSelector, version.metadata.labels))) return false
  }
  if (isEmpty(namespaceSelector)) return true
  const labels = await namespaceLabels(attributes, lookup)
  return labels === undefined || matchesLabels(namespaceSelector, labels)
}

/** These configure admission themselves: a mistake in a policy must not keep anybody from mending it. */
export const isExempt = ({ kind }: AdmissionAttributes): boolean => kind.group === 'admissionregistration.k8s.io'
