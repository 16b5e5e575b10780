/** On which nodes a DaemonSet's pods belong, and the pod for one of them. Pure. */
import { podMatchesNode } from '../../apis/core-v1/node-selector.js'
import { findUntoleratedTaint, taints } from '../../apis/core-v1/taints.js'
import type { DaemonSet } from '../../apis/generated/apps-v1.js'
import type { Affinity, Node, Pod, PodSpec, Toleration } from '../../apis/generated/core-v1.js'
import type { KindRef } from '../../machinery/kind.js'
import { revisionLabel } from '../history/history.js'
import { newPodFromTemplate } from '../pods/control.js'

const generationAnnotation = 'deprecated.daemonset.template.generation'
const generationLabel = 'pod-template-generation'

const tolerate = (key: string, effect: string): Toleration => ({ key, operator: 'Exists', effect })

/** Daemons stay where others must leave, and go where others may not. */
function withDaemonTolerations(spec: PodSpec): Toleration[] {
  const wanted = [
    tolerate(taints.notReady, 'NoExecute'),
    tolerate(taints.unreachable, 'NoExecute'),
    tolerate(taints.diskPressure, 'NoSchedule'),
    tolerate(taints.memoryPressure, 'NoSchedule'),
    tolerate(taints.pidPressure, 'NoSchedule'),
    tolerate(taints.unschedulable, 'NoSchedule'),
    ...(spec.hostNetwork ? [tolerate(taints.networkUnavailable, 'NoSchedule')] : []),
  ]
  const same = (a: Toleration, b: Toleration) =>
    a.key === b.key && a.effect === b.effect && (a.operator ?? 'Equal') === b.operator && (a.value ?? '') === ''
  const own = (spec.tolerations ?? []).filter(t => !wanted.some(w => same(t, w)))
  return [...own, ...wanted]
}

export interface Eligibility {
  shouldRun: boolean
  /** A pod that is there may stay, even where a new one would not be placed. */
  shouldContinue: boolean
}

export function eligibility({ spec: { template } }: DaemonSet, node: Node): Eligibility {
  const spec = template.spec ?? { containers: [] }
  const isHere = !spec.nodeName || spec.nodeName === node.metadata.name
  if (!isHere || !podMatchesNode({ spec }, node)) return { shouldRun: false, shouldContinue: false }
  const tolerations = withDaemonTolerations(spec)
  const blocks = (effects: string[]) =>
    findUntoleratedTaint(node.spec?.taints, tolerations, t => effects.includes(t.effect)) !== undefined
  return { shouldRun: !blocks(['NoExecute', 'NoSchedule']), shouldContinue: !blocks(['NoExecute']) }
}

/** The node a daemon pod runs on or is meant for. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms
    .flatMap(t => t.matchFields ?? [])
    .find(f => f.key === 'metadata.name' && f.operator === 'In' && f.values?.length === 1)?.values?.[0]
}

/** The scheduler places it, but on this node only: expressions of the template are met already. */
const onNode = (affinity: Affinity | undefined, name: string): Affinity => ({
  ...affinity,
  nodeAffinity: {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
    },
  },
})

const templateGeneration = ({ metadata }: DaemonSet) => metadata.annotations?.[generationAnnotation]

export function newDaemonPod(daemonSet: DaemonSet, kind: KindRef, { node, hash }: { node: string; hash: string }): Pod {
  const pod = newPodFromTemplate(daemonSet.spec.template, kind, daemonSet)
  const generation = templateGeneration(daemonSet)
  pod.metadata.labels = {
    ...pod.metadata.labels,
    ...(generation !== undefined && { [generationLabel]: generation }),
    [revisionLabel]: hash,
  }
  pod.spec.tolerations = withDaemonTolerations(pod.spec)
  pod.spec.affinity = onNode(pod.spec.affinity, node)
  return pod
}

/** The pod has today's template. */
export function isUpdated(daemonSet: DaemonSet, { metadata: { labels } }: Pod, hash: string): boolean {
  const generation = templateGeneration(daemonSet)
  return labels?.[revisionLabel] === hash || (generation !== undefined && labels?.[generationLabel] === generation)
}
