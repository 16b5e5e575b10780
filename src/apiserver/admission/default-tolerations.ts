/** DefaultTolerationSeconds and TaintNodesByCondition: pods stay five minutes on a node that fails; new nodes start as not ready. */
import type { AnyObject } from '../../machinery/object-meta.js'
import type { AdmissionPlugin } from './admission.js'
import { asPod, type Toleration } from './pod-spec.js'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
const defaultSeconds = 300

const tolerates = ({ key, effect }: Toleration, taint: string) =>
  (!key || key === taint) && (!effect || effect === 'NoExecute')

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods'],
  mutate({ object }) {
    const { spec } = asPod(object)
    const tolerations = spec.tolerations ?? []
    const missing = [notReady, unreachable].filter(taint => !tolerations.some(t => tolerates(t, taint)))
    if (!missing.length) return
    const added = missing.map(key => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: defaultSeconds,
    }))
    spec.tolerations = [...tolerations, ...added]
  },
}

interface NodeSpec {
  taints?: { key: string; effect: string; value?: string }[]
}

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  operations: ['CREATE'],
  resources: ['nodes'],
  mutate({ object }) {
    const node = object as AnyObject
    const spec = ((node.spec as NodeSpec | undefined) ?? {}) as NodeSpec
    node.spec = spec
    const effect = 'NoSchedule'
    if (spec.taints?.some(taint => taint.key === notReady && taint.effect === effect)) return
    spec.taints = [...(spec.taints ?? []), { key: notReady, effect }]
  },
}
