/** What a Deployment says about itself: counts, and the conditions Available, Progressing and ReplicaFailure. Pure. */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { timeOf } from '../pods/state.js'
import { findCondition, withCondition, withoutCondition } from '../runtime/conditions.js'
import { omitZeros } from '../runtime/omit-zeros.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'
import { maxUnavailable, progressDeadline, wanted } from './limits.js'
import { allOf, type Revisions, sizeOf } from './revisions.js'

export const reasons = {
  newReplicaSet: 'NewReplicaSetCreated',
  foundNewReplicaSet: 'FoundNewReplicaSet',
  updated: 'ReplicaSetUpdated',
  available: 'NewReplicaSetAvailable',
  timedOut: 'ProgressDeadlineExceeded',
  paused: 'DeploymentPaused',
  resumed: 'DeploymentResumed',
  createError: 'ReplicaSetCreateError',
} as const

type Conditions = DeploymentCondition[] | undefined

const sum = (replicaSets: readonly ReplicaSet[], count: (rs: ReplicaSet) => number | undefined): number =>
  replicaSets.reduce((total, rs) => total + (count(rs) ?? 0), 0)

export interface ConditionText {
  type: 'Available' | 'Progressing' | 'ReplicaFailure'
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
}

/** Puts the condition in; the same status and reason change nothing, the same status keeps its transition time. */
export function setCondition(conditions: Conditions, text: ConditionText, now: number): DeploymentCondition[] {
  const current = findCondition(conditions, text.type)
  const at = formatTime(now)
  const lastTransitionTime = current?.status === text.status ? current.lastTransitionTime : at
  return withCondition<DeploymentCondition>(conditions, { ...text, lastUpdateTime: at, lastTransitionTime })
}

/** Counts and the Available condition. */
export function planCounts(deployment: Deployment, revisions: Revisions, now: number): DeploymentStatus {
  const all = allOf(revisions)
  const available = sum(all, rs => rs.status?.availableReplicas)
  const enough = available >= wanted(deployment) - maxUnavailable(deployment)
  const { collisionCount, conditions } = deployment.status ?? {}
  return {
    ...omitZeros({
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: sum(all, rs => rs.status?.replicas),
      updatedReplicas: revisions.newest?.status?.replicas ?? 0,
      readyReplicas: sum(all, rs => rs.status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, sum(all, sizeOf) - available),
    }),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: setCondition(
      conditions,
      {
        type: 'Available',
        status: enough ? 'True' : 'False',
        reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
      },
      now,
    ),
  }
}

/** Every wanted pod is there, available and of the newest template, and none besides. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const size = wanted(deployment)
  return (
    (status?.updatedReplicas ?? 0) === size &&
    (status?.replicas ?? 0) === size &&
    (status?.availableReplicas ?? 0) === size &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

function hasProgressed({ status: before = {} }: Deployment, now: DeploymentStatus): boolean {
  const old = (s: DeploymentStatus) => (s.replicas ?? 0) - (s.updatedReplicas ?? 0)
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function hasTimedOut(deadlineSeconds: number, status: DeploymentStatus, now: number): boolean {
  const condition = findCondition(status.conditions, 'Progressing')
  if (!condition || condition.reason === reasons.available) return false
  return condition.reason === reasons.timedOut || timeOf(condition.lastUpdateTime) + deadlineSeconds * 1000 < now
}

/** The whole status during a rollout. */
export function planRolloutStatus(deployment: Deployment, revisions: Revisions, now: number): DeploymentStatus {
  const status = planCounts(deployment, revisions, now)
  const deadline = progressDeadline(deployment)
  if (deadline === undefined) status.conditions = withoutCondition(status.conditions, 'Progressing')
  else status.conditions = planProgressing(deployment, revisions, { status, deadline, now })
  const failure = replicaFailure(revisions)
  status.conditions = failure
    ? setCondition(status.conditions, failure, timeOf(failure.lastTransitionTime) || now)
    : withoutCondition(status.conditions, 'ReplicaFailure')
  return status
}

function planProgressing(
  deployment: Deployment,
  { newest }: Revisions,
  { status, deadline, now }: { status: DeploymentStatus; deadline: number; now: number },
): Conditions {
  const { conditions } = status
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === reasons.available)
    return conditions
  const subject = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  const progressing = (ok: boolean, reason: string, what: string): ConditionText => ({
    type: 'Progressing',
    status: ok ? 'True' : 'False',
    reason,
    message: `${subject} ${what}.`,
  })
  if (isComplete(deployment, status))
    return setCondition(conditions, progressing(true, reasons.available, 'has successfully progressed'), now)
  if (hasProgressed(deployment, status)) {
    // Progress renews lastUpdateTime even with the same reason: the deadline counts from there.
    const kept = current?.status === 'True' ? current.lastTransitionTime : formatTime(now)
    const [renewed] = setCondition(undefined, progressing(true, reasons.updated, 'is progressing'), now)
    return [
      ...withoutCondition(conditions, 'Progressing'),
      ...(renewed ? [{ ...renewed, lastTransitionTime: kept }] : []),
    ]
  }
  if (hasTimedOut(deadline, status, now))
    return setCondition(conditions, progressing(false, reasons.timedOut, 'has timed out progressing'), now)
  return conditions
}

/** The newest ReplicaSet's failure, or that of the first other which has one. */
function replicaFailure(revisions: Revisions): (ConditionText & { lastTransitionTime?: string }) | undefined {
  const candidates = revisions.newest ? [revisions.newest, ...revisions.old] : revisions.old
  for (const { status } of candidates) {
    const found = findCondition(status?.conditions, 'ReplicaFailure')
    if (found) return { reason: '', message: '', ...found, type: 'ReplicaFailure' } as ConditionText
  }
  return undefined
}

/** When to look whether a rollout has stalled: at its deadline, a second later for the sake of rounded times. */
export function planProgressCheck(deployment: Deployment, status: DeploymentStatus, now: number): Result {
  const condition = findCondition(status.conditions, 'Progressing')
  const deadline = progressDeadline(deployment)
  if (deadline === undefined || !condition || condition.reason === reasons.timedOut) return done
  if (isComplete(deployment, status)) return done
  const left = timeOf(condition.lastUpdateTime) + deadline * 1000 - now
  return requeueAfter(Math.max(left, 0) + 1000)
}

/** Pausing stops the clock of the progress deadline, resuming starts it anew; undefined where nothing changes. */
export function planPausedCondition(deployment: Deployment, now: number): DeploymentCondition[] | undefined {
  const { conditions } = deployment.status ?? {}
  const current = findCondition(conditions, 'Progressing')
  if (progressDeadline(deployment) === undefined || current?.reason === reasons.timedOut) return undefined
  const paused = deployment.spec.paused === true
  if (paused === (current?.reason === reasons.paused)) return undefined
  return setCondition(
    conditions,
    {
      type: 'Progressing',
      status: 'Unknown',
      reason: paused ? reasons.paused : reasons.resumed,
      message: paused ? 'Deployment is paused' : 'Deployment is resumed',
    },
    now,
  )
}
