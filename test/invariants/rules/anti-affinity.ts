/**
 * Required anti-affinity holds when a pod is bound: its own towards those that are there, and theirs towards it. Labels of pods, nodes and
 * namespaces may change afterwards.
 */
import type { PodAffinityTerm } from '../../../src/apis/generated/core-v1.js'
import { labelSelectorFrom, matchesLabels } from '../../../src/machinery/selector/index.js'
import { boundPod, type Invariant } from '../invariant.js'
import { type ClusterModel, nameOf } from '../model.js'
import type { Pod } from '../objects.js'
import { holdsRoom, nodeViews } from './placed.js'

const termsOf = ({ spec }: Pod) => spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []

function inNamespaces(term: PodAffinityTerm, owner: Pod, other: Pod, model: ClusterModel): boolean {
  const { namespaces = [], namespaceSelector } = term
  const namespace = other.metadata.namespace ?? ''
  if (!namespaces.length && !namespaceSelector) return namespace === owner.metadata.namespace
  if (namespaces.includes(namespace)) return true
  const labels = model.all('Namespace').find(({ metadata }) => metadata.name === namespace)?.metadata.labels
  return namespaceSelector !== undefined && matchesLabels(labelSelectorFrom(namespaceSelector), labels ?? {})
}

/** The nodes of both pods have the same value, in every view of them. */
function sharesTopology(key: string, a: Pod, b: Pod, model: ClusterModel): boolean {
  const valuesOf = (pod: Pod) => nodeViews(model, pod.spec.nodeName).map(({ metadata }) => metadata.labels?.[key])
  const [ofA, ofB] = [valuesOf(a), valuesOf(b)]
  return ofA.length > 0 && ofB.length > 0 && ofA.every(x => x !== undefined && ofB.every(y => x === y))
}

function keepsAway(owner: Pod, other: Pod, model: ClusterModel): boolean {
  return termsOf(owner).some(
    term =>
      term.labelSelector !== undefined &&
      matchesLabels(labelSelectorFrom(term.labelSelector), other.metadata.labels) &&
      inNamespaces(term, owner, other, model) &&
      sharesTopology(term.topologyKey, owner, other, model),
  )
}

export const antiAffinity: Invariant = {
  name: 'anti-affinity',
  claim: 'required pod anti-affinity holds when a pod is bound, in both directions',
  *afterChange(change, model) {
    const pod = boundPod(change)
    if (!pod) return
    for (const other of model.all('Pod')) {
      if (other.metadata.uid === pod.metadata.uid || !holdsRoom(other)) continue
      if (keepsAway(pod, other, model) || keepsAway(other, pod, model))
        yield `pod ${nameOf(pod)} was bound beside ${nameOf(other)} (${pod.spec.nodeName}, ${other.spec.nodeName})`
    }
  },
}
