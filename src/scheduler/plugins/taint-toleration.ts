/** TaintToleration: taints keep pods away that do not tolerate them; the soft ones only count against a node. */
import { findUntoleratedTaint, isTaintTolerated } from '../../apis/core-v1/taints.js'
import type { Node, Pod, Taint } from '../../apis/generated/core-v1.js'
import { normalizeByMaximum, type Plugin, type Rejection } from '../framework.js'

const rejection: Rejection = { reasons: ['node(s) had untolerated taint(s)'], unresolvable: true }
const isHard = ({ effect }: Taint) => effect === 'NoSchedule' || effect === 'NoExecute'
const fits = (pod: Pod, node: Node) => !findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, isHard)

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  filter({ pod }, { cache }) {
    if (!cache.taintedNodes.size) return undefined
    return { check: ({ node }) => (node.spec?.taints && !fits(pod, node) ? rejection : undefined) }
  },
  score({ pod }, { cache }, nodes) {
    if (!cache.taintedNodes.size) return undefined
    const soft = ({ spec }: Node) => (spec?.taints ?? []).filter(taint => taint.effect === 'PreferNoSchedule')
    // Where no node has a soft taint all would score the same.
    if (!nodes.some(({ node }) => soft(node).length)) return undefined
    const tolerations = pod.spec.tolerations?.filter(({ effect }) => !effect || effect === 'PreferNoSchedule')
    return {
      score: ({ node }) => soft(node).filter(taint => !isTaintTolerated(tolerations, taint)).length,
      normalize: scores => normalizeByMaximum(scores, true),
    }
  },
  mayHelp({ pod }, event) {
    if (event.type === 'NodeAdd') return fits(pod, event.node)
    return event.type === 'NodeUpdate' && !fits(pod, event.old) && fits(pod, event.node)
  },
}
