/** Questions about a pod's status that controllers, scheduler and kubelet ask. */
import type { Pod, PodCondition, PodStatus } from '../generated/core-v1.js'

type WithStatus = Pick<Pod, 'status'>

/** The first condition of that type. */
export const getCondition = (status: PodStatus | undefined, type: string): PodCondition | undefined =>
  status?.conditions?.find(condition => condition.type === type)

/** The condition of that type is there and `True`. */
export const isConditionTrue = (status: PodStatus | undefined, type: string): boolean =>
  getCondition(status, type)?.status === 'True'

export const isPodReady = ({ status }: WithStatus): boolean => isConditionTrue(status, 'Ready')

/** Ready for at least `minReadySeconds`. `now` is in milliseconds. */
export function isPodAvailable(pod: WithStatus, minReadySeconds: number, now: number): boolean {
  const ready = getCondition(pod.status, 'Ready')
  if (ready?.status !== 'True') return false
  if (minReadySeconds === 0) return true
  return !!ready.lastTransitionTime && Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 <= now
}

/** Succeeded or Failed: all containers have stopped for good. */
export const isPodTerminal = ({ status }: WithStatus): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed'

/** Neither finished nor being deleted. */
export const isPodActive = (pod: Pick<Pod, 'metadata' | 'status'>): boolean =>
  !isPodTerminal(pod) && !pod.metadata.deletionTimestamp

/**
 * Sets a condition in place, by type. The transition time is kept while the status stays the same, else it is `now`
 * (RFC 3339). Returns whether anything changed.
 */
export function setCondition(status: PodStatus, condition: PodCondition, now: string): boolean {
  const conditions = (status.conditions ??= [])
  const index = conditions.findIndex(c => c.type === condition.type)
  const old = conditions[index]
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now
  const next: PodCondition = { ...condition, ...(lastTransitionTime && { lastTransitionTime }) }
  if (!old) {
    conditions.push(next)
    return true
  }
  conditions[index] = next
  const compared = ['status', 'reason', 'message', 'lastProbeTime', 'lastTransitionTime'] as const
  return compared.some(field => (old[field] ?? '') !== (next[field] ?? ''))
}
