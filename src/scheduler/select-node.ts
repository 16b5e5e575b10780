/** The scheduling algorithm: filter nodes, score those that fit, take one of the best. Synchronous and without effects. */
import type { Random } from '../machinery/clock.js'
import type { Diagnosis } from './diagnosis.js'
import { Filters } from './filters.js'
import type { Cluster, NodeScorer } from './framework.js'
import type { NodeInfo } from './node-info.js'
import type { Nominator } from './nominator.js'
import type { PodInfo } from './pod-info.js'
import type { Profile } from './profiles/profile.js'

/** Upstream's limits of how many nodes are worth scoring. */
const minFeasibleNodes = 100
const minFeasiblePercentage = 5

export interface SelectNodeDeps {
  profile: Profile
  cluster: Cluster
  nominator: Nominator
  random: Random
}

export interface Search {
  feasible: readonly NodeInfo[]
  /** How many nodes were looked at. */
  evaluated: number
  diagnosis: Diagnosis
  /** Absent when a plugin refused the pod before any node was looked at. */
  filters?: Filters
}

export type Selection =
  | { node: string; evaluated: number }
  /** `filters` is absent when a plugin refused the pod before any node was looked at. */
  | { node: undefined; diagnosis: Diagnosis; filters?: Filters }

/** Of one plugin, by node. */
export interface Scores {
  name: string
  weight: number
  scores: number[]
}

/** A share of the nodes, by default half of them and less the more there are, but never under 5 % or 100. */
export function feasibleNodesToFind(nodes: number, wanted = 0): number {
  if (nodes < minFeasibleNodes) return nodes
  const percentage = wanted || Math.max(minFeasiblePercentage, 50 - Math.trunc(nodes / 125))
  return Math.max(minFeasibleNodes, Math.trunc((nodes * percentage) / 100))
}

export class NodeSelector {
  /** Searches go on where the last one stopped, so that all nodes get their turn. */
  private start = 0

  constructor(private readonly deps: SelectNodeDeps) {}

  /** There must be at least one node. `preferred` is taken where it fits. */
  select(info: PodInfo, preferred?: string): Selection {
    const search = this.search(info, preferred)
    if (!search.feasible.length) return { node: undefined, ...search }
    return { node: this.choose(info, search.feasible), evaluated: search.evaluated }
  }

  /** The nodes that fit, as many as are worth scoring. */
  search(info: PodInfo, preferred?: string): Search {
    const { profile, cluster } = this.deps
    const all = cluster.cache.nodeList()
    const filters = Filters.prepare(info, profile.filters, cluster)
    const empty = { totalNodes: all.length, rejections: new Map(), plugins: new Set<string>() }
    if (!(filters instanceof Filters)) {
      const diagnosis = { ...empty, refused: filters.refused, plugins: new Set([filters.plugin]) }
      return { feasible: [], evaluated: 0, diagnosis }
    }
    const first = this.nominatedNode(info, filters, preferred)
    if (first) return { feasible: [first], evaluated: 1, diagnosis: empty, filters }
    const { feasible, diagnosis } = this.find(info, filters, all)
    return { feasible, diagnosis, filters, evaluated: feasible.length + diagnosis.rejections.size }
  }

  /** `extra` adds to the scores. There must be at least one node. */
  choose(info: PodInfo, feasible: readonly NodeInfo[], extra?: (node: NodeInfo) => number): string {
    return (feasible.length === 1 ? (feasible[0] as NodeInfo) : this.best(info, feasible, extra)).name
  }

  /** One after the other of the profile's scores, normalized, by node; weights are not in them. */
  *scores(info: PodInfo, nodes: readonly NodeInfo[], onRaw?: (scores: readonly number[]) => void): Generator<Scores> {
    for (const { plugin, weight } of this.deps.profile.scorers) {
      const scorer: NodeScorer | undefined = plugin.score?.(info, this.deps.cluster, nodes)
      if (!scorer) continue
      const scores = nodes.map(node => scorer.score(node))
      onRaw?.([...scores])
      scorer.normalize?.(scores, nodes)
      yield { name: plugin.name, weight, scores }
    }
  }

  /** The node that preemption made room on is tried first. */
  private nominatedNode(info: PodInfo, filters: Filters, preferred: string | undefined): NodeInfo | undefined {
    const name = info.pod.status?.nominatedNodeName || preferred
    const node = name ? this.deps.cluster.cache.node(name) : undefined
    return node && !filters.checkWithNominated(info, node, this.deps.nominator) ? node : undefined
  }

  private find(info: PodInfo, filters: Filters, all: readonly NodeInfo[]) {
    const { cluster, nominator, profile } = this.deps
    const limited = filters.candidates()
    const nodes = limited ? [...limited.names].flatMap(name => cluster.cache.node(name) ?? []) : all
    const wanted = profile.firstFit ? 1 : feasibleNodesToFind(nodes.length, profile.percentageOfNodesToScore)
    if (profile.firstFit === 'first') this.start = 0
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

  private best(info: PodInfo, nodes: readonly NodeInfo[], extra?: (node: NodeInfo) => number): NodeInfo {
    const totals = nodes.map(node => extra?.(node) ?? 0)
    for (const { weight, scores } of this.scores(info, nodes))
      for (let i = 0; i < scores.length; i++) totals[i] = (totals[i] as number) + (scores[i] as number) * weight
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
