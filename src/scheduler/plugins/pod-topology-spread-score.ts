/** The score of PodTopologySpread: fewer alike pods in the node's zone, or on it, are better. */
import type { Cluster, NodeScorer } from '../framework.js'
import { maxNodeScore } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'
import {
  constraintsOf,
  defaultConstraints,
  hasAllKeys,
  hostname,
  includesNode,
  type SpreadConstraint,
} from './spread-constraint.js'

interface Counted {
  constraint: SpreadConstraint
  byNode: ReadonlyMap<string, number>
  /** Matching pods by topology value; unused for host names, whose counts are those of the node. */
  byValue: Map<string, number>
  /** Keeps topologies of few values from drowning in those of many. */
  weight: number
}

function count(info: PodInfo, constraint: SpreadConstraint, nodes: readonly NodeInfo[], cluster: Cluster): Counted {
  const { topologyKey, selector } = constraint
  const byNode = cluster.cache.selectorCounts.of(info.namespace, selector)
  const byValue = new Map<string, number>()
  if (topologyKey !== hostname) {
    for (const node of nodes) byValue.set(node.label(topologyKey) ?? '', 0)
    for (const [name, pods] of byNode) {
      const node = cluster.cache.node(name)
      const value = node?.label(topologyKey) ?? ''
      const known = byValue.get(value)
      if (node && known !== undefined && includesNode(constraint, info.pod, node)) byValue.set(value, known + pods)
    }
  }
  const size = topologyKey === hostname ? nodes.length : byValue.size
  return { constraint, byNode, byValue, weight: Math.log(size + 2) }
}

function scoreOf(node: NodeInfo, counted: readonly Counted[]): number {
  let sum = 0
  for (const { constraint, byNode, byValue, weight } of counted) {
    const value = node.label(constraint.topologyKey)
    if (value === undefined) continue
    const pods = constraint.topologyKey === hostname ? byNode.get(node.name) : byValue.get(value)
    sum += (pods ?? 0) * weight + (constraint.maxSkew - 1)
  }
  return Math.round(sum)
}

export function topologySpreadScore(
  info: PodInfo,
  cluster: Cluster,
  nodes: readonly NodeInfo[],
): NodeScorer | undefined {
  const own = (info.pod.spec.topologySpreadConstraints ?? []).length > 0
  const selector = own ? undefined : cluster.defaultSpreadSelector(info.pod)
  const constraints = own ? constraintsOf(info.pod, 'ScheduleAnyway') : selector ? defaultConstraints(selector) : []
  if (!constraints.length) return undefined
  // Nodes without zones still spread by host name, as long as the constraints are the defaults.
  const counts = (node: NodeInfo) => !own || hasAllKeys(constraints, node)
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
