/** Topology spread constraints made ready to count: upstream's podtopologyspread/common. */

import { podMatchesNode } from '../../apis/core-v1/node-selector.js'
import { findUntoleratedTaint } from '../../apis/core-v1/taints.js'
import type { Pod, TopologySpreadConstraint } from '../../apis/generated/core-v1.js'
import { type LabelMatcher, labelSelectorFrom, nothing } from '../../machinery/selector/index.js'
import type { NodeInfo } from '../node-info.js'

export interface SpreadConstraint {
  maxSkew: number
  topologyKey: string
  selector: LabelMatcher
  minDomains: number
  honorAffinity: boolean
  honorTaints: boolean
}

export const hostname = 'kubernetes.io/hostname'
const zone = 'topology.kubernetes.io/zone'

function selectorOf({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, pod: Pod): LabelMatcher {
  try {
    const labels = pod.metadata.labels ?? {}
    const own = matchLabelKeys.filter(key => labels[key] !== undefined).map(key => [key, labels[key] as string])
    if (!labelSelector || !own.length) return labelSelectorFrom(labelSelector)
    const matchLabels = { ...labelSelector.matchLabels, ...Object.fromEntries(own) }
    return labelSelectorFrom({ ...labelSelector, matchLabels })
  } catch {
    return nothing
  }
}

const toSpread = (constraint: TopologySpreadConstraint, selector: LabelMatcher): SpreadConstraint => ({
  maxSkew: constraint.maxSkew,
  topologyKey: constraint.topologyKey,
  selector,
  minDomains: constraint.minDomains ?? 1,
  honorAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
  honorTaints: constraint.nodeTaintsPolicy === 'Honor',
})

/** The pod's constraints of one sort: `DoNotSchedule` or `ScheduleAnyway`. */
export const constraintsOf = (pod: Pod, action: string): SpreadConstraint[] =>
  (pod.spec.topologySpreadConstraints ?? [])
    .filter(constraint => constraint.whenUnsatisfiable === action)
    .map(constraint => toSpread(constraint, selectorOf(constraint, pod)))

/** What upstream spreads by when a pod says nothing: loosely over nodes, more loosely over zones. */
export const systemConstraints: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostname, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: zone, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
]

/** Defaults of one sort, for a pod that says nothing and whose owner has that selector. */
export const defaultConstraints = (
  defaults: readonly TopologySpreadConstraint[],
  action: string,
  selector: LabelMatcher,
): SpreadConstraint[] =>
  defaults
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map(constraint => toSpread(constraint, selector))

/** All constraints' topology keys are on the node. */
export const hasAllKeys = (constraints: readonly SpreadConstraint[], node: NodeInfo): boolean =>
  constraints.every(({ topologyKey }) => node.label(topologyKey) !== undefined)

/** Whether pods on the node count, by the constraint's inclusion policies. */
export function includesNode({ honorAffinity, honorTaints }: SpreadConstraint, pod: Pod, { node }: NodeInfo): boolean {
  if (honorAffinity && !podMatchesNode(pod, node)) return false
  const keepsAway = ({ effect }: { effect: string }) => effect === 'NoSchedule' || effect === 'NoExecute'
  return !honorTaints || !findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, keepsAway)
}

/** True when the pod gives its inclusion policies nothing to work on, so that every node counts. */
export const includesEveryNode = ({ honorTaints }: SpreadConstraint, { spec }: Pod): boolean =>
  !honorTaints && !spec.nodeSelector && !spec.affinity?.nodeAffinity
