/** What controllers ask about a pod beyond apis/core-v1/pod-status. Source: upstream's pkg/controller. */
import { getCondition, isPodReady, isPodTerminal } from '../../apis/core-v1/pod-status.js'
import type { Pod } from '../../apis/generated/core-v1.js'

export { isPodActive, isPodAvailable, isPodReady, isPodTerminal } from '../../apis/core-v1/pod-status.js'

/** Being deleted, with containers that may still run. */
export const isTerminating = (pod: Pod): boolean => !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined

/** Milliseconds since the epoch; NaN where there is no time. */
export const timeOf = (time: string | undefined): number => (time ? Date.parse(time) : Number.NaN)

/** When the pod's readiness last changed. */
export const readySince = ({ status }: Pod): number => timeOf(getCondition(status, 'Ready')?.lastTransitionTime)

/** Milliseconds until the first of these ready pods becomes available; undefined where none is waited for. */
export function nextAvailability(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  const waits = pods
    .filter(isPodReady)
    .map(pod => readySince(pod) + minReadySeconds * 1000 - now)
    .filter(wait => wait > 0)
  return waits.length > 0 ? Math.min(...waits) : undefined
}
