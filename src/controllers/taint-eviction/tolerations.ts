/** How long a pod puts up with the taints of its node. Pure. */
import { toleratesTaint } from '../../apis/core-v1/taints.js'
import type { Taint, Toleration } from '../../apis/generated/core-v1.js'

/** Milliseconds from the moment of tainting: 0 where a taint is not tolerated, Infinity where all are for ever. */
export function toleratedFor(taints: readonly Taint[], tolerations: readonly Toleration[] = []): number {
  const used = taints.map(taint => tolerations.find(t => toleratesTaint(t, taint)))
  if (used.some(t => t === undefined)) return 0
  const limits = used.flatMap(t => (t?.tolerationSeconds === undefined ? [] : Number(t.tolerationSeconds)))
  return limits.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.min(...limits)) * 1000
}
