/** NodeUnschedulable: cordoned nodes take only pods that tolerate it. */
import { isTaintTolerated, taints } from '../../apis/core-v1/taints.js'
import type { Plugin, Rejection } from '../framework.js'
import type { PodInfo } from '../pod-info.js'

const rejection: Rejection = { reasons: ['node(s) were unschedulable'], unresolvable: true }
const tolerates = ({ pod }: PodInfo) =>
  isTaintTolerated(pod.spec.tolerations, { key: taints.unschedulable, effect: 'NoSchedule' })

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter(info, { cache }) {
    if (!cache.cordonedNodes.size || tolerates(info)) return undefined
    return { check: ({ node }) => (node.spec?.unschedulable ? rejection : undefined) }
  },
  mayHelp(_, event) {
    if (event.type === 'NodeAdd') return !event.node.spec?.unschedulable
    return event.type === 'NodeUpdate' && event.old.spec?.unschedulable === true && !event.node.spec?.unschedulable
  },
}
