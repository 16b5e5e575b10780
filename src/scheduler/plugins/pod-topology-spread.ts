/** PodTopologySpread: keeps the numbers of alike pods in zones, or on nodes, within `maxSkew` of each other. */
import type { Pod, TopologySpreadConstraint } from '../../apis/generated/core-v1.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import type { Cluster, NodeFilter, Plugin, Rejection } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'
import { topologySpreadScore } from './pod-topology-spread-score.js'
import {
  constraintsOf,
  defaultConstraints,
  hasAllKeys,
  includesNode,
  type SpreadConstraint,
  systemConstraints,
} from './spread-constraint.js'

const skewRejection: Rejection = { reasons: ["node(s) didn't match pod topology spread constraints"] }
const labelRejection: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  unresolvable: true,
}

class SpreadFilter implements NodeFilter {
  constructor(
    private readonly info: PodInfo,
    private readonly constraints: readonly SpreadConstraint[],
    /** Matching pods by topology value, one map a constraint. */
    private readonly counts: readonly Map<string, number>[] = constraints.map(() => new Map()),
  ) {}

  countNode(node: NodeInfo, { cache }: Cluster): void {
    if (!hasAllKeys(this.constraints, node)) return
    for (const [i, constraint] of this.constraints.entries()) {
      if (!includesNode(constraint, this.info.pod, node)) continue
      const matching = cache.selectorCounts.of(this.info.namespace, constraint.selector).get(node) ?? 0
      this.change(i, node, matching)
    }
  }

  addPod = (other: PodInfo, node: NodeInfo): void => this.countPod(other, node, 1)
  removePod = (other: PodInfo, node: NodeInfo): void => this.countPod(other, node, -1)
  clone = (): NodeFilter =>
    new SpreadFilter(
      this.info,
      this.constraints,
      this.counts.map(values => new Map(values)),
    )

  check = (node: NodeInfo): Rejection | undefined => {
    for (const [i, constraint] of this.constraints.entries()) {
      const value = node.label(constraint.topologyKey)
      if (value === undefined) return labelRejection
      const self = matchesLabels(constraint.selector, this.info.pod.metadata.labels) ? 1 : 0
      const skew = (this.counts[i]?.get(value) ?? 0) + self - this.globalMinimum(i, constraint)
      if (skew > constraint.maxSkew) return skewRejection
    }
    return undefined
  }

  /** With fewer domains than wanted the emptiest one is yet to come, and has none. */
  private globalMinimum(i: number, { minDomains }: SpreadConstraint): number {
    const values = this.counts[i] ?? new Map<string, number>()
    if (values.size < minDomains) return 0
    let min = Number.POSITIVE_INFINITY
    for (const count of values.values()) min = Math.min(min, count)
    return min
  }

  private countPod(other: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (other.namespace !== this.info.namespace || !hasAllKeys(this.constraints, node)) return
    for (const [i, constraint] of this.constraints.entries())
      if (
        matchesLabels(constraint.selector, other.pod.metadata.labels) &&
        includesNode(constraint, this.info.pod, node)
      )
        this.change(i, node, by)
  }

  private change(i: number, node: NodeInfo, by: number): void {
    const values = this.counts[i]
    const value = node.label(this.constraints[i]?.topologyKey ?? '')
    if (values && value !== undefined) values.set(value, (values.get(value) ?? 0) + by)
  }
}

export interface PodTopologySpreadArgs {
  /** `System` for upstream's own, `List` for those here. */
  defaultingType?: string
  defaultConstraints?: TopologySpreadConstraint[]
}

export function newPodTopologySpread({
  defaultingType,
  defaultConstraints: list = [],
}: PodTopologySpreadArgs = {}): Plugin {
  const defaults = defaultingType === 'List' ? list : systemConstraints
  const hardDefaults = defaults.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')
  const hard = (pod: Pod, cluster: Cluster) => {
    if (pod.spec.topologySpreadConstraints?.length) return constraintsOf(pod, 'DoNotSchedule')
    const selector = hardDefaults.length ? cluster.defaultSpreadSelector(pod) : undefined
    return selector ? defaultConstraints(hardDefaults, 'DoNotSchedule', selector) : []
  }
  return {
    name: 'PodTopologySpread',
    filter(info, cluster) {
      const constraints = hard(info.pod, cluster)
      if (!constraints.length) return undefined
      const filter = new SpreadFilter(info, constraints)
      for (const node of cluster.cache.nodeList()) filter.countNode(node, cluster)
      return filter
    },
    score: (info, cluster, nodes) => topologySpreadScore(info, cluster, { nodes, defaults }),
    mayHelp(info, event) {
      if (!('pod' in event)) return event.type !== 'VolumeChange'
      if (event.pod.metadata.namespace !== info.namespace) return false
      // Whom the defaults would count is not known here.
      if (!info.pod.spec.topologySpreadConstraints?.length) return hardDefaults.length > 0
      const labels = event.pod.metadata.labels
      return constraintsOf(info.pod, 'DoNotSchedule').some(({ selector }) => matchesLabels(selector, labels))
    },
  }
}
