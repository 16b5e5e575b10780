/** What controllers ask about a pod. Sources: upstream's pkg/api/v1/pod and pkg/controller. */
import type { Pod, PodCondition } from '../../apis/generated/core-v1.js'

export const podCondition = (pod: Pod, type: string): PodCondition | undefined =>
  pod.status?.conditions?.find(c => c.type === type)

/** The Ready condition is True. */
export const isReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True'

/** Succeeded or Failed: no container will ever run again. */
export const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

/** Neither terminal nor being deleted. */
export const isActive = (pod: Pod): boolean => !isTerminal(pod) && !pod.metadata.deletionTimestamp

/** Being deleted, with containers that may still run. */
export const isTerminating = (pod: Pod): boolean => !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined

/** Milliseconds since the epoch; NaN where there is no time. */
export const timeOf = (time: string | undefined): number => (time ? Date.parse(time) : Number.NaN)

const readySince = (pod: Pod) => timeOf(podCondition(pod, 'Ready')?.lastTransitionTime)

/** Ready for at least `minReadySeconds`. */
export const isAvailable = (pod: Pod, minReadySeconds: number, now: number): boolean =>
  isReady(pod) && (minReadySeconds === 0 || readySince(pod) + minReadySeconds * 1000 <= now)

/** Milliseconds until the first of these ready pods becomes available; undefined where none is waited for. */
export function nextAvailability(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  const waits = pods
    .filter(isReady)
    .map(pod => readySince(pod) + minReadySeconds * 1000 - now)
    .filter(wait => wait > 0)
  return waits.length > 0 ? Math.min(...waits) : undefined
}
