/** Pods are bound where they bear the taints. A taint may come later: NoSchedule then changes nothing. */
import { findUntoleratedTaint, taints as wellKnown } from '../../../src/apis/core-v1/taints.js'
import type { Taint } from '../../../src/apis/generated/core-v1.js'
import { boundPod, type Invariant } from '../invariant.js'
import { nameOf } from '../model.js'
import type { Node, Pod } from '../objects.js'
import { nodeViews } from './placed.js'

const keepsAway = ({ effect }: Taint) => effect === 'NoSchedule' || effect === 'NoExecute'

function taintsOf({ spec }: Node): Taint[] {
  const closed: Taint[] = spec?.unschedulable ? [{ key: wellKnown.unschedulable, effect: 'NoSchedule' }] : []
  return [...(spec?.taints ?? []), ...closed]
}

const refusalOf = (pod: Pod, node: Node) => findUntoleratedTaint(taintsOf(node), pod.spec.tolerations, keepsAway)

export const taintsAtBinding: Invariant = {
  name: 'taints',
  claim: 'a pod is bound to a node whose taints it tolerates',
  *afterChange(change, model) {
    const pod = boundPod(change)
    if (!pod) return
    const refusals = nodeViews(model, pod.spec.nodeName).map(node => refusalOf(pod, node))
    const first = refusals[0]
    if (first && refusals.every(Boolean))
      yield `pod ${nameOf(pod)} was bound to ${pod.spec.nodeName} in spite of ${first.key}:${first.effect}`
  },
}
