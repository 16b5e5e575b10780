/** The score of PodTopologySpread: fewer alike pods in the node's zone, or on it, are better. */
import type { TopologySpreadConstraint } from '../../apis/generated/core-v1.js'
import type { Cluster, NodeScorer } from '../framework.js'
import { maxNodeScore } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'
import {
  constraintsOf,
  defaultConstraints,
  hasAllKeys,
  hostname,
  includesEveryNode,
  includesNode,
  type SpreadConstraint,
  systemConstraints,
} from './spread-constraint.js'

interface Counted {
  constraint: SpreadConstraint
  byNode: ReadonlyMap<NodeInfo, number>
  /** Matching pods by topology value; unused for host names, whose counts are those of the node. */
  byValue: Map<string, number>
  /** Keeps topologies of few values from drowning in those of many. */
  weight: number
}

function count(info: PodInfo, constraint: SpreadConstraint, nodes: readonly NodeInfo[], cluster: Cluster): Counted {
  const { topologyKey, selector } = constraint
  const byNode = cluster.cache.selectorCounts.of(info.namespace, selector)
  const byValue = topologyKey === hostname ? new Map<string, number>() : countValues(info, constraint, nodes, cluster)
  const size = topologyKey === hostname ? nodes.length : byValue.size
  return { constraint, byNode, byValue, weight: Math.log(size + 2) }
}

/** Only values that a candidate has: what else there is makes no difference between them. */
function countValues(
  info: PodInfo,
  constraint: SpreadConstraint,
  nodes: readonly NodeInfo[],
  { cache }: Cluster,
): Map<string, number> {
  const { topologyKey, selector } = constraint
  const { selectorCounts } = cache
  const values = new Map<string, number>()
  for (const node of nodes) values.set(node.label(topologyKey) ?? '', 0)
  if (includesEveryNode(constraint, info.pod)) {
    const all = selectorCounts.byTopology(info.namespace, selector, topologyKey)
    for (const value of values.keys()) values.set(value, all.get(value) ?? 0)
    return values
  }
  for (const [node, pods] of selectorCounts.of(info.namespace, selector)) {
    const value = node.label(topologyKey) ?? ''
    const known = values.get(value)
    if (known !== undefined && node.known && includesNode(constraint, info.pod, node)) values.set(value, known + pods)
  }
  return values
}

function scoreOf(node: NodeInfo, counted: readonly Counted[]): number {
  let sum = 0
  for (const { constraint, byNode, byValue, weight } of counted) {
    const value = node.label(constraint.topologyKey)
    if (value === undefined) continue
    const pods = constraint.topologyKey === hostname ? byNode.get(node) : byValue.get(value)
    sum += (pods ?? 0) * weight + (constraint.maxSkew - 1)
  }
  return Math.round(sum)
}

export function topologySpreadScore(
  info: PodInfo,
  cluster: Cluster,
  { nodes, defaults }: { nodes: readonly NodeInfo[]; defaults: readonly TopologySpreadConstraint[] },
): NodeScorer | undefined {
  const own = (info.pod.spec.topologySpreadConstraints ?? []).length > 0
  const selector = own || !defaults.length ? undefined : cluster.defaultSpreadSelector(info.pod)
  const fallback = selector ? defaultConstraints(defaults, 'ScheduleAnyway', selector) : []
  const constraints = own ? constraintsOf(info.pod, 'ScheduleAnyway') : fallback
  if (!constraints.length) return undefined
  // Nodes without zones still spread by host name, as long as the constraints are the defaults.
  const counts = (node: NodeInfo) => (!own && defaults === systemConstraints) || hasAllKeys(constraints, node)
  const counted = constraints.map(constraint => count(info, constraint, nodes.filter(counts), cluster))
  return {
    score: node => (counts(node) ? scoreOf(node, counted) : 0),
    normalize: (scores, list) => normalize(scores, list.map(counts)),
  }
}

function normalize(scores: number[], counted: readonly boolean[]): void {
  let min = Number.POSITIVE_INFINITY
  let max = 0
  for (const [i, score] of scores.entries()) {
    if (!counted[i]) continue
    min = Math.min(min, score)
    max = Math.max(max, score)
  }
  for (const [i, score] of scores.entries()) {
    if (!counted[i]) scores[i] = 0
    else scores[i] = max === 0 ? maxNodeScore : Math.trunc((maxNodeScore * (max + min - score)) / max)
  }
}
