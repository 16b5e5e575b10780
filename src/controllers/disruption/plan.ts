/** How many pods of a PodDisruptionBudget may be evicted now. Pure. */

import type { Pod } from '../../apis/generated/core-v1.js'
import type { Condition } from '../../apis/generated/meta-v1.js'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../apis/generated/policy-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { scaledValue } from '../../machinery/int-or-string.js'
import { isPodReady, timeOf } from '../pods/state.js'
import { findCondition } from '../runtime/conditions.js'

/** An evicted pod that is not gone after that long counts as there again. */
const deletionTimeoutMs = 120_000

/** Whether the wanted number of pods must be asked of their controllers. */
export const needsScale = ({ spec }: PodDisruptionBudget): boolean =>
  spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string'

/** How many pods there should be, and how many of them healthy. `scale` is what their controllers want. */
export function planExpectation(
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
  scale: number,
): { expected: number; desired: number } {
  if (spec?.maxUnavailable !== undefined)
    return { expected: scale, desired: Math.max(0, scale - scaledValue(spec.maxUnavailable, scale, 'up')) }
  const { minAvailable = 0 } = spec ?? {}
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable }
  return { expected: scale, desired: scaledValue(minAvailable, scale, 'up') }
}

export interface Disruptions {
  /** Evicted pods whose deletion is still awaited, by name, with the time of the eviction. */
  awaited: Record<string, string>
  /** Pods that were evicted and stayed. */
  overdue: Pod[]
  /** Milliseconds until the first of the awaited is overdue. */
  recheckMs: number | undefined
}

export function planDisruptions({ status }: PodDisruptionBudget, pods: readonly Pod[], now: number): Disruptions {
  const result: Disruptions = { awaited: {}, overdue: [], recheckMs: undefined }
  for (const pod of pods) {
    const evicted = status?.disruptedPods?.[pod.metadata.name ?? '']
    if (!evicted || pod.metadata.deletionTimestamp) continue
    const left = timeOf(evicted) + deletionTimeoutMs - now
    if (left < 0) result.overdue.push(pod)
    else {
      result.awaited[pod.metadata.name ?? ''] = evicted
      result.recheckMs = Math.min(result.recheckMs ?? left, left)
    }
  }
  return result
}

export const countHealthy = (pods: readonly Pod[], { awaited }: Disruptions): number =>
  pods.filter(p => !p.metadata.deletionTimestamp && !(p.metadata.name && p.metadata.name in awaited) && isPodReady(p))
    .length

/** The condition put in, its transition time kept while the status stays the same. */
export function withAllowedCondition(
  conditions: readonly Condition[] | undefined,
  news: Pick<Condition, 'status' | 'reason' | 'message' | 'observedGeneration'>,
  now: number,
): Condition[] {
  const type = 'DisruptionAllowed'
  const old = findCondition(conditions, type)
  const lastTransitionTime = old?.status === news.status ? old.lastTransitionTime : formatTime(now)
  const condition = { type, ...news, lastTransitionTime }
  return old ? (conditions ?? []).map(c => (c === old ? condition : c)) : [...(conditions ?? []), condition]
}

export function planStatus(
  budget: PodDisruptionBudget,
  numbers: { expected: number; desired: number; healthy: number },
  { disruptions, now }: { disruptions: Disruptions; now: number },
): PodDisruptionBudgetStatus {
  const { expected, desired, healthy } = numbers
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired)
  const observedGeneration = budget.metadata.generation ?? 0
  return {
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptionsAllowed: allowed,
    ...(Object.keys(disruptions.awaited).length > 0 && { disruptedPods: disruptions.awaited }),
    observedGeneration,
    conditions: withAllowedCondition(
      budget.status?.conditions,
      {
        status: allowed > 0 ? 'True' : 'False',
        reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        observedGeneration,
      },
      now,
    ),
  }
}
