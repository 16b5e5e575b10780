/** The score of PodTopologySpread: fewer alike pods in the node's zone, or on it, are better. */
import type { TopologySpreadConstraint } from '../../apis/generated/core-v1.js'
import type { Cluster, NodeScorer } from '../framework.js'
import { maxNodeScore } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'
import type { TopologyColumn } from '../topology-column.js'
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
  /** What nodes have for the constraint's key. */
  column: TopologyColumn
  /** Matching pods by node, where the key is the host name; else by the column's values. */
  pods: ReadonlyMap<NodeInfo, number> | Float64Array
  /** Keeps topologies of few values from drowning in those of many. */
  weight: number
}

function count(info: PodInfo, constraint: SpreadConstraint, nodes: readonly NodeInfo[], cluster: Cluster): Counted {
  const { topologyKey, selector } = constraint
  const column = cluster.cache.topology(topologyKey)
  if (topologyKey === hostname) {
    const pods = cluster.cache.selectorCounts.of(info.namespace, selector)
    return { constraint, column, pods, weight: weightOf(nodes.length) }
  }
  const values = valuesOf(column, nodes)
  const pods = countValues(info, { constraint, column, values }, cluster)
  return { constraint, column, pods, weight: weightOf(values.length) }
}

const weightOf = (topologies: number): number => Math.log(topologies + 2)

/** Indexes of the values that these nodes have; to have none is to have an empty one. */
function valuesOf({ values, valueAt }: TopologyColumn, nodes: readonly NodeInfo[]): number[] {
  const seen = new Uint8Array(values.length)
  const found: number[] = []
  for (const { place } of nodes) {
    const value = Math.max(0, valueAt[place] ?? 0)
    if (seen[value]) continue
    seen[value] = 1
    found.push(value)
  }
  return found
}

/** Only values that a candidate has are surely right: what else there is makes no difference between them. */
function countValues(
  info: PodInfo,
  { constraint, column, values }: { constraint: SpreadConstraint; column: TopologyColumn; values: readonly number[] },
  { cache: { selectorCounts } }: Cluster,
): Float64Array {
  const { topologyKey, selector } = constraint
  const counts = new Float64Array(column.values.length)
  if (includesEveryNode(constraint, info.pod)) {
    const all = selectorCounts.byTopology(info.namespace, selector, topologyKey)
    for (const value of values) counts[value] = all.get(column.values[value] as string) ?? 0
    return counts
  }
  for (const [node, pods] of selectorCounts.of(info.namespace, selector)) {
    const value = column.valueAt[node.place] ?? -1
    if (value >= 0 && includesNode(constraint, info.pod, node)) counts[value] = (counts[value] as number) + pods
  }
  return counts
}

function scoreOf(node: NodeInfo, counted: readonly Counted[]): number {
  let sum = 0
  for (const { constraint, column, pods, weight } of counted) {
    const value = column.valueAt[node.place] ?? -1
    if (value < 0) continue
    const there = pods instanceof Float64Array ? (pods[value] as number) : (pods.get(node) ?? 0)
    sum += there * weight + (constraint.maxSkew - 1)
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
  const everyCounts = !own && defaults === systemConstraints
  const counts = (node: NodeInfo) => everyCounts || hasAllKeys(constraints, node)
  const counting = everyCounts ? nodes : nodes.filter(counts)
  const counted = constraints.map(constraint => count(info, constraint, counting, cluster))
  return {
    score: node => (counts(node) ? scoreOf(node, counted) : 0),
    normalize: (scores, list) => normalize(scores, i => counts(list[i] as NodeInfo)),
  }
}

function normalize(scores: number[], counts: (i: number) => boolean): void {
  let min = Number.POSITIVE_INFINITY
  let max = 0
  for (let i = 0; i < scores.length; i++) {
    if (!counts(i)) continue
    const score = scores[i] as number
    if (score < min) min = score
    if (score > max) max = score
  }
  for (let i = 0; i < scores.length; i++) {
    if (!counts(i)) scores[i] = 0
    else scores[i] = max === 0 ? maxNodeScore : Math.trunc((maxNodeScore * (max + min - (scores[i] as number))) / max)
  }
}
