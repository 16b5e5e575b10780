/** How long a pod puts up with the taints of its node. Pure. */
import type { Taint, Toleration } from '../../apis/generated/core-v1.js'

/** An empty key with Exists tolerates everything; an empty effect every effect. */
function tolerates({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || ((operator === 'Equal' || operator === '') && value === (taint.value ?? ''))
}

/** Milliseconds from the moment of tainting: 0 where a taint is not tolerated, Infinity where all are for ever. */
export function toleratedFor(taints: readonly Taint[], tolerations: readonly Toleration[] = []): number {
  const used = taints.map(taint => tolerations.find(t => tolerates(t, taint)))
  if (used.some(t => t === undefined)) return 0
  const limits = used.map(t => t?.tolerationSeconds).filter((s): s is number => s !== undefined)
  return limits.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.min(...limits)) * 1000
}
