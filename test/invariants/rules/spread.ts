/**
 * DoNotSchedule spread holds when a pod is bound: its domain has at most maxSkew pods more than the emptiest one. Later, pods may go from
 * one domain and not from another.
 */
import { podMatchesNode } from '../../../src/apis/core-v1/node-selector.js'
import { findUntoleratedTaint } from '../../../src/apis/core-v1/taints.js'
import type { TopologySpreadConstraint } from '../../../src/apis/generated/core-v1.js'
import { labelSelectorFrom, matchesLabels } from '../../../src/machinery/selector/index.js'
import { boundPod, type Invariant } from '../invariant.js'
import { type ClusterModel, nameOf } from '../model.js'
import type { Node, Pod } from '../objects.js'
import { holdsRoom, nodeViews } from './placed.js'

type Placed = Pick<Pod, 'spec' | 'metadata' | 'status'>

const constraintsOf = ({ spec }: Pod) =>
  (spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')

/** Pods that the constraint counts. */
function counterOf({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, { metadata }: Pod) {
  const selector = labelSelectorFrom(labelSelector)
  const same = (key: string, other: Placed) => metadata.labels?.[key] === other.metadata.labels?.[key]
  return (other: Placed) =>
    other.metadata.namespace === metadata.namespace &&
    holdsRoom(other as Pod) &&
    !other.metadata.deletionTimestamp &&
    matchesLabels(selector, other.metadata.labels) &&
    matchLabelKeys.every(key => metadata.labels?.[key] === undefined || same(key, other))
}

function isEligible(node: Node, pod: Pod, { nodeAffinityPolicy, nodeTaintsPolicy }: TopologySpreadConstraint): boolean {
  if (!constraintsOf(pod).every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined)) return false
  if ((nodeAffinityPolicy ?? 'Honor') === 'Honor' && !podMatchesNode(pod, node)) return false
  if (nodeTaintsPolicy !== 'Honor') return true
  return !findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, ({ effect }) => effect !== 'PreferNoSchedule')
}

/** Of each domain that every cache knows: how many pods it has at least, and how many a cache may still show. */
function domainsOf(pod: Pod, constraint: TopologySpreadConstraint, model: ClusterModel) {
  const counts = counterOf(constraint, pod)
  const domains = new Map<string, { now: number; shown: number }>()
  for (const followed of model.followed('Node')) {
    const views = followed.views()
    if (!views.every(view => view && isEligible(view, pod, constraint))) continue
    const name = followed.current?.metadata.name
    const value = followed.current?.metadata.labels?.[constraint.topologyKey] ?? ''
    const domain = domains.get(value) ?? { now: 0, shown: 0 }
    for (const other of model.followed('Pod')) {
      const isHere = (view: Pod | undefined) => view?.spec.nodeName === name && view !== undefined && counts(view)
      if (isHere(other.current)) domain.now++
      if (other.views().some(isHere)) domain.shown++
    }
    domains.set(value, domain)
  }
  return domains
}

export const spread: Invariant = {
  name: 'spread',
  claim: 'topology spread that must hold does when a pod is bound',
  *afterChange(change, model) {
    const pod = boundPod(change)
    if (!pod) return
    for (const constraint of constraintsOf(pod)) {
      const [node] = nodeViews(model, pod.spec.nodeName)
      const domains = domainsOf(pod, constraint, model)
      const own = domains.get(node?.metadata.labels?.[constraint.topologyKey] ?? '')
      // A pod that does not count itself is placed by what the others are.
      if (!own || !counterOf(constraint, pod)(pod)) continue
      const isOneMissing = domains.size < (constraint.minDomains ?? 1)
      const least = isOneMissing ? 0 : Math.min(...[...domains.values()].map(({ shown }) => shown))
      if (own.now - least > constraint.maxSkew)
        yield `with pod ${nameOf(pod)} on ${pod.spec.nodeName} its ${constraint.topologyKey} has ${own.now}, another ${least}`
    }
  },
}
