/** How far a rolling update may stray from the wanted number of pods. */
import type { Deployment } from '../../apis/generated/apps-v1.js'
import { scaledValue } from '../../machinery/int-or-string.js'

const noDeadline = 2 ** 31 - 1

export const wanted = ({ spec }: Deployment): number => spec.replicas ?? 1

export const isRollingUpdate = ({ spec }: Deployment): boolean => spec.strategy?.type === 'RollingUpdate'

/** Both numbers resolved against the wanted replicas. Both zero would be a standstill, so one pod may then be missing. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = scaledValue(maxSurge, wanted(deployment), 'up')
  const unavailable = scaledValue(maxUnavailable, wanted(deployment), 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

/** Pods there may be above the wanted number. */
export const maxSurge = (deployment: Deployment): number =>
  isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0

/** Pods that may be missing below the wanted number. */
export const maxUnavailable = (deployment: Deployment): number =>
  isRollingUpdate(deployment) ? Math.min(fenceposts(deployment).unavailable, wanted(deployment)) : 0

/** Wanted number and surge: the most pods there may be. */
export const maxReplicas = (deployment: Deployment): number => wanted(deployment) + maxSurge(deployment)

/** Seconds without progress after which a rollout has failed; undefined where there is no such limit. */
export function progressDeadline({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds
  return seconds === undefined || seconds === noDeadline ? undefined : seconds
}
