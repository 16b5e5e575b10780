/** InterPodAffinity: pods that must, or must not, share a zone, a rack or a node with others. */
import type { Pod } from '../../apis/generated/core-v1.js'
import { type AffinityTerm, type NamespaceLabels, termMatches } from '../affinity-term.js'
import type { Cluster, NodeFilter, Plugin, Rejection } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import { newPodInfo, type PodInfo } from '../pod-info.js'
import { type InterPodAffinityArgs, interPodAffinityScore } from './inter-pod-affinity-score.js'

const affinityRejection: Rejection = { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true }
const antiAffinityRejection: Rejection = { reasons: ["node(s) didn't match pod anti-affinity rules"] }
const existingRejection: Rejection = { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"] }

/** How many pods count, by topology key and value. Values that came down to zero are gone. */
class TopologyCounts {
  private readonly counts = new Map<string, Map<string, number>>()

  get empty(): boolean {
    return this.counts.size === 0
  }

  add(key: string, node: NodeInfo, by: number): void {
    const value = node.label(key)
    if (value === undefined) return
    const values = this.counts.get(key) ?? new Map<string, number>()
    const count = (values.get(value) ?? 0) + by
    if (count) values.set(value, count)
    else values.delete(value)
    if (values.size) this.counts.set(key, values)
    else this.counts.delete(key)
  }

  at(key: string, node: NodeInfo): number {
    const value = node.label(key)
    return value === undefined ? 0 : (this.counts.get(key)?.get(value) ?? 0)
  }

  /** True when any counted topology of the node has something. */
  touches(node: NodeInfo): boolean {
    for (const key of this.counts.keys()) if (this.at(key, node) > 0) return true
    return false
  }

  clone(): TopologyCounts {
    const copy = new TopologyCounts()
    for (const [key, values] of this.counts) copy.counts.set(key, new Map(values))
    return copy
  }
}

const matchesAll = (terms: readonly AffinityTerm[], pod: Pod, labelsOf: NamespaceLabels): boolean =>
  terms.length > 0 && terms.every(term => termMatches(term, pod, labelsOf))

class AffinityFilter implements NodeFilter {
  constructor(
    private readonly info: PodInfo,
    private readonly labelsOf: NamespaceLabels,
    private readonly affinity = new TopologyCounts(),
    private readonly antiAffinity = new TopologyCounts(),
    private readonly existing = new TopologyCounts(),
  ) {}

  get hasWork(): boolean {
    return this.info.requiredAffinity.length + this.info.requiredAntiAffinity.length > 0 || !this.existing.empty
  }

  addPod = (other: PodInfo, node: NodeInfo): void => {
    this.countExisting(other, node, 1)
    this.countIncoming(other, node, 1)
  }
  removePod = (other: PodInfo, node: NodeInfo): void => {
    this.countExisting(other, node, -1)
    this.countIncoming(other, node, -1)
  }
  clone = (): NodeFilter =>
    new AffinityFilter(
      this.info,
      this.labelsOf,
      this.affinity.clone(),
      this.antiAffinity.clone(),
      this.existing.clone(),
    )

  /** Terms of pods that are there, about the incoming one. */
  countExisting(other: PodInfo, node: NodeInfo, by: number): void {
    for (const term of other.requiredAntiAffinity)
      if (termMatches(term, this.info.pod, this.labelsOf)) this.existing.add(term.topologyKey, node, by)
  }

  /** Terms of the incoming pod, about those that are there. */
  countIncoming(other: PodInfo, node: NodeInfo, by: number): void {
    const { requiredAffinity, requiredAntiAffinity } = this.info
    if (matchesAll(requiredAffinity, other.pod, this.labelsOf))
      for (const term of requiredAffinity) this.affinity.add(term.topologyKey, node, by)
    for (const term of requiredAntiAffinity)
      if (termMatches(term, other.pod, this.labelsOf)) this.antiAffinity.add(term.topologyKey, node, by)
  }

  check = (node: NodeInfo): Rejection | undefined => {
    if (!this.meetsAffinity(node)) return affinityRejection
    if (this.info.requiredAntiAffinity.some(term => this.antiAffinity.at(term.topologyKey, node) > 0))
      return antiAffinityRejection
    return this.existing.touches(node) ? existingRejection : undefined
  }

  private meetsAffinity(node: NodeInfo): boolean {
    const { requiredAffinity, pod } = this.info
    if (requiredAffinity.some(term => node.label(term.topologyKey) === undefined)) return false
    if (requiredAffinity.every(term => this.affinity.at(term.topologyKey, node) > 0)) return true
    // The first of a series that seeks its own kind may go anywhere, or none ever could.
    return this.affinity.empty && matchesAll(requiredAffinity, pod, this.labelsOf)
  }
}

function newFilter(info: PodInfo, { cache, namespaceLabels }: Cluster): NodeFilter | undefined {
  const filter = new AffinityFilter(info, namespaceLabels)
  for (const node of cache.nodesWithRequiredAntiAffinity)
    if (node.known) for (const other of node.podsWithRequiredAntiAffinity.values()) filter.countExisting(other, node, 1)
  if (info.requiredAffinity.length + info.requiredAntiAffinity.length > 0)
    for (const node of cache.nodeList()) for (const other of node.pods.values()) filter.countIncoming(other, node, 1)
  return filter.hasWork ? filter : undefined
}

/** Without knowledge of namespaces' labels a selector of namespaces may match any. */
const anyLabels: NamespaceLabels = () => ({})

export const newInterPodAffinity = (args: InterPodAffinityArgs = {}): Plugin => ({
  name: 'InterPodAffinity',
  filter: newFilter,
  score: (info, cluster) => interPodAffinityScore(info, cluster, args),
  mayHelp(info, event) {
    switch (event.type) {
      case 'AssignedPodAdd':
      case 'AssignedPodUpdate':
        return info.requiredAffinity.some(t => t.namespaceSelector || termMatches(t, event.pod, anyLabels))
      case 'AssignedPodDelete':
        return (
          info.requiredAntiAffinity.some(t => t.namespaceSelector || termMatches(t, event.pod, anyLabels)) ||
          newPodInfo(event.pod).requiredAntiAffinity.some(
            t => t.namespaceSelector || termMatches(t, info.pod, anyLabels),
          )
        )
      case 'NodeAdd':
      case 'NodeUpdate':
        return true
      default:
        return false
    }
  },
})
