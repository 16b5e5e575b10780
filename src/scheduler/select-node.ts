/** The scheduling algorithm: filter nodes, score those that fit, take one of the best. Synchronous and without effects. */
import type { Random } from '../machinery/clock.js'
import type { Diagnosis } from './diagnosis.js'
import { Filters } from './filters.js'
import type { Cluster, Plugin } from './framework.js'
import type { NodeInfo } from './node-info.js'
import type { Nominator } from './nominator.js'
import type { PodInfo } from './pod-info.js'

/** Upstream's limits of how many nodes are worth scoring. */
const minFeasibleNodes = 100
const minFeasiblePercentage = 5

export interface SelectNodeDeps {
  plugins: readonly Plugin[]
  cluster: Cluster
  nominator: Nominator
  random: Random
}

export type Selection =
  | { node: string; evaluated: number }
  /** `filters` is absent when a plugin refused the pod before any node was looked at. */
  | { node: undefined; diagnosis: Diagnosis; filters?: Filters }

/** Half of the nodes, less the more there are, but never under 5 % or 100. */
export function feasibleNodesToFind(nodes: number): number {
  if (nodes < minFeasibleNodes) return nodes
  const percentage = Math.max(minFeasiblePercentage, 50 - Math.trunc(nodes / 125))
  return Math.max(minFeasibleNodes, Math.trunc((nodes * percentage) / 100))
}

export class NodeSelector {
  /** Searches go on where the last one stopped, so that all nodes get their turn. */
  private start = 0

  constructor(private readonly deps: SelectNodeDeps) {}

  /** There must be at least one node. */
  select(info: PodInfo): Selection {
    const { plugins, cluster } = this.deps
    const all = cluster.cache.nodeList()
    const filters = Filters.prepare(info, plugins, cluster)
    if (!(filters instanceof Filters)) {
      const plugin = new Set([filters.plugin])
      const refused = { totalNodes: all.length, rejections: new Map(), refused: filters.refused, plugins: plugin }
      return { node: undefined, diagnosis: refused }
    }
    const nominated = this.nominatedNode(info, filters)
    if (nominated) return { node: nominated.name, evaluated: 1 }
    const { feasible, diagnosis } = this.find(info, filters, all)
    if (!feasible.length) return { node: undefined, diagnosis, filters }
    return {
      node: (feasible.length === 1 ? (feasible[0] as NodeInfo) : this.best(info, feasible)).name,
      evaluated: feasible.length + diagnosis.rejections.size,
    }
  }

  /** The node that preemption made room on is tried first. */
  private nominatedNode(info: PodInfo, filters: Filters): NodeInfo | undefined {
    const name = info.pod.status?.nominatedNodeName
    const node = name ? this.deps.cluster.cache.node(name) : undefined
    return node && !filters.checkWithNominated(info, node, this.deps.nominator) ? node : undefined
  }

  private find(info: PodInfo, filters: Filters, all: readonly NodeInfo[]) {
    const { cluster, nominator } = this.deps
    const limited = filters.candidates()
    const nodes = limited ? [...limited.names].flatMap(name => cluster.cache.node(name) ?? []) : all
    const wanted = feasibleNodesToFind(nodes.length)
    const feasible: NodeInfo[] = []
    const rejections: Map<string, { reasons: readonly string[]; unresolvable?: boolean }> = new Map()
    const turnedAwayBy = new Set(limited?.plugins)
    for (let i = 0; i < nodes.length && feasible.length < wanted; i++) {
      const node = nodes[(this.start + i) % nodes.length] as NodeInfo
      const verdict = filters.checkWithNominated(info, node, nominator)
      if (!verdict) {
        feasible.push(node)
        continue
      }
      rejections.set(node.name, verdict)
      turnedAwayBy.add(verdict.plugin)
    }
    this.start = (this.start + feasible.length + rejections.size) % all.length
    const absent = limited && `node(s) didn't satisfy plugin(s) [${limited.plugins.sort().join(' ')}]`
    const diagnosis: Diagnosis = {
      totalNodes: all.length,
      rejections,
      plugins: turnedAwayBy,
      ...(absent && { absent }),
    }
    return { feasible, diagnosis }
  }

  private best(info: PodInfo, nodes: readonly NodeInfo[]): NodeInfo {
    const totals = new Array<number>(nodes.length).fill(0)
    for (const { score, weight = 1 } of this.deps.plugins) {
      const scorer = score?.(info, this.deps.cluster, nodes)
      if (!scorer) continue
      const scores = nodes.map(node => scorer.score(node))
      scorer.normalize?.(scores, nodes)
      for (let i = 0; i < scores.length; i++) totals[i] = (totals[i] as number) + (scores[i] as number) * weight
    }
    return nodes[this.randomMaximum(totals)] as NodeInfo
  }

  /** Of equals any may be taken: one pass, each new equal replacing the choice with the right chance. */
  private randomMaximum(totals: readonly number[]): number {
    let chosen = 0
    let equals = 1
    for (let i = 1; i < totals.length; i++) {
      const difference = (totals[i] as number) - (totals[chosen] as number)
      if (difference > 0) {
        chosen = i
        equals = 1
      } else if (difference === 0 && this.deps.random.next() < 1 / ++equals) chosen = i
    }
    return chosen
  }
}
