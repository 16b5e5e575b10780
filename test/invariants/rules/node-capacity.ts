/**
 * What the pods on a node request fits in what it can allocate, whenever one more is bound. A node may shrink afterwards, and pods put on
 * it by hand are its kubelet's to refuse.
 */
import { podRequests } from '../../../src/apis/core-v1/pod-resources.js'
import { addQuantity, compareQuantity, formatQuantity, type QuantityInput } from '../../../src/machinery/quantity.js'
import { boundPod, type Invariant } from '../invariant.js'
import type { ClusterModel } from '../model.js'
import { nameOf } from '../model.js'
import type { Node, Pod } from '../objects.js'
import { holdsRoom, nodeViews } from './placed.js'

/** What does not fit; undefined when all does. */
function excessOf(pod: Pod, others: readonly Pod[], { status }: Node): string | undefined {
  const allocatable = status?.allocatable ?? {}
  if (Number(allocatable.pods ?? 0) < others.length + 1) return `${others.length + 1} pods`
  for (const [resource, own] of Object.entries(podRequests(pod))) {
    if (compareQuantity(own, 0) === 0) continue
    const used = others.reduce<QuantityInput>((sum, other) => addQuantity(sum, podRequests(other)[resource] ?? 0), own)
    if (compareQuantity(used, allocatable[resource] ?? 0) > 0) return `${formatQuantity(used)} ${resource}`
  }
  return undefined
}

/** Whether any view of the node says what it has: nodes that tests make up do not. */
const saysWhatItHas = (model: ClusterModel, name: string | undefined) =>
  nodeViews(model, name).filter(({ status }) => status?.allocatable?.pods !== undefined)

export const nodeCapacity: Invariant = {
  name: 'node-capacity',
  claim: 'requests of the pods on a node stay within what it can allocate',
  *afterChange(change, model) {
    const pod = boundPod(change)
    if (!pod) return
    const { nodeName } = pod.spec
    const others = model
      .all('Pod')
      .filter(other => other.metadata.uid !== pod.metadata.uid && holdsRoom(other, nodeName))
    const nodes = saysWhatItHas(model, nodeName)
    const excesses = nodes.map(node => excessOf(pod, others, node))
    if (nodes.length && excesses.every(Boolean))
      yield `with pod ${nameOf(pod)} node ${nodeName} has ${excesses[0]}, more than it can allocate`
  },
}
