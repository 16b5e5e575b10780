/** Which nodes a pod's nodeSelector and node affinity, or a volume's, allow. */
import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  PreferredSchedulingTerm,
} from '../generated/core-v1.js'

type SelectableNode = Pick<Node, 'metadata'>

const integer = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^[-+]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined

function compares(operator: string, label: string | undefined, wanted: string | undefined): boolean {
  const [have, bound] = [integer(label), integer(wanted)]
  if (have === undefined || bound === undefined) return false
  return operator === 'Gt' ? have > bound : have < bound
}

/** A node without the label meets NotIn and DoesNotExist. Unknown operators match nothing. */
export function matchesRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const label = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'In':
      return label !== undefined && values.includes(label)
    case 'NotIn':
      return label === undefined || !values.includes(label)
    case 'Exists':
      return label !== undefined
    case 'DoesNotExist':
      return label === undefined
    case 'Gt':
    case 'Lt':
      return compares(operator, label, values[0])
    default:
      return false
  }
}

/** All requirements of the term; an empty term matches no node. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: SelectableNode,
): boolean {
  if (!matchExpressions.length && !matchFields.length) return false
  const { name = '', labels = {} } = node.metadata
  return (
    matchExpressions.every(requirement => matchesRequirement(requirement, labels)) &&
    matchFields.every(requirement => matchesRequirement(requirement, { 'metadata.name': name }))
  )
}

/** One matching term is enough; no term matches no node. */
export const matchesNodeSelector = ({ nodeSelectorTerms }: NodeSelector, node: SelectableNode): boolean =>
  (nodeSelectorTerms ?? []).some(term => matchesTerm(term, node))

/** spec.nodeSelector and the required part of node affinity. */
export function podMatchesNode({ spec }: Pick<Pod, 'spec'>, node: SelectableNode): boolean {
  const labels = node.metadata.labels ?? {}
  for (const key in spec.nodeSelector) if (labels[key] !== spec.nodeSelector[key]) return false
  const selector = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return !selector || matchesNodeSelector(selector, node)
}

/** Sum of the weights of the preferred terms that match. */
export const preferredTermsWeight = (
  terms: readonly PreferredSchedulingTerm[] | undefined,
  node: SelectableNode,
): number =>
  (terms ?? []).reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0)
