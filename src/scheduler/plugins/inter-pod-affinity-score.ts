/** The score of InterPodAffinity: preferred terms of both sides, and a little for required ones that point at the pod. */
import { type AffinityTerm, type NamespaceLabels, termMatches, type WeightedAffinityTerm } from '../affinity-term.js'
import { type Cluster, maxNodeScore, type NodeScorer } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'

export interface InterPodAffinityArgs {
  /** What a required term of a pod that is there weighs; default 1. */
  hardPodAffinityWeight?: number
  /** Preferences of pods that are there count only for a pod that has some itself. */
  ignorePreferredTermsOfExistingPods?: boolean
}

type Scores = Map<string, Map<string, number>>

class Tally {
  readonly scores: Scores = new Map()
  constructor(private readonly labelsOf: NamespaceLabels) {}

  addAll(terms: readonly WeightedAffinityTerm[], about: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    for (const term of terms) this.add(term, sign * term.weight, about, node)
  }

  add(term: AffinityTerm, weight: number, about: PodInfo, node: NodeInfo): void {
    const value = node.label(term.topologyKey)
    if (value === undefined || !termMatches(term, about.pod, this.labelsOf)) return
    const values = this.scores.get(term.topologyKey) ?? new Map<string, number>()
    values.set(value, (values.get(value) ?? 0) + weight)
    this.scores.set(term.topologyKey, values)
  }
}

function normalize(scores: number[]): void {
  const min = Math.min(...scores)
  const range = Math.max(...scores) - min
  for (const [i, score] of scores.entries())
    scores[i] = range > 0 ? Math.trunc(maxNodeScore * ((score - min) / range)) : 0
}

export function interPodAffinityScore(
  info: PodInfo,
  { cache, namespaceLabels }: Cluster,
  { hardPodAffinityWeight: hardWeight = 1, ignorePreferredTermsOfExistingPods = false }: InterPodAffinityArgs = {},
): NodeScorer | undefined {
  const prefers = info.preferredAffinity.length + info.preferredAntiAffinity.length > 0
  if (!prefers && ignorePreferredTermsOfExistingPods) return undefined
  const tally = new Tally(namespaceLabels)
  for (const node of prefers ? cache.nodeList() : cache.nodesWithAffinity) {
    if (!node.known) continue
    for (const other of (prefers ? node.pods : node.podsWithAffinity).values()) {
      tally.addAll(info.preferredAffinity, other, node, 1)
      tally.addAll(info.preferredAntiAffinity, other, node, -1)
      for (const term of other.requiredAffinity) tally.add(term, hardWeight, info, node)
      tally.addAll(other.preferredAffinity, info, node, 1)
      tally.addAll(other.preferredAntiAffinity, info, node, -1)
    }
  }
  if (!tally.scores.size) return undefined
  return {
    score(node) {
      let sum = 0
      for (const [key, values] of tally.scores) sum += values.get(node.label(key) ?? '') ?? 0
      return sum
    },
    normalize,
  }
}
