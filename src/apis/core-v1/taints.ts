/** Taints of nodes, and which tolerations bear them. */
import type { Taint, Toleration } from '../generated/core-v1.js'

/** Taints that the control plane and the kubelet set. */
export const taints = {
  notReady: 'node.kubernetes.io/not-ready',
  unreachable: 'node.kubernetes.io/unreachable',
  unschedulable: 'node.kubernetes.io/unschedulable',
  memoryPressure: 'node.kubernetes.io/memory-pressure',
  diskPressure: 'node.kubernetes.io/disk-pressure',
  pidPressure: 'node.kubernetes.io/pid-pressure',
  networkUnavailable: 'node.kubernetes.io/network-unavailable',
  outOfService: 'node.kubernetes.io/out-of-service',
} as const

/** An empty effect tolerates every effect, an empty key every key; without operator values must be equal. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  const { effect, key, operator = '', value = '' } = toleration
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  if (operator === 'Exists') return true
  return (operator === '' || operator === 'Equal') && value === (taint.value ?? '')
}

/** One of them is enough. */
export const isTaintTolerated = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  (tolerations ?? []).some(toleration => toleratesTaint(toleration, taint))

/** The first taint that counts and is not tolerated; undefined when there is none. */
export const findUntoleratedTaint = (
  nodeTaints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  counts: (taint: Taint) => boolean = () => true,
): Taint | undefined => nodeTaints?.find(taint => counts(taint) && !isTaintTolerated(tolerations, taint))
