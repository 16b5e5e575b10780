/** What a change of `spec.replicas` means to the ReplicaSets of a Deployment, in the middle of a rollout or not. Pure. */
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { desiredReplicasOf, maxReplicasOf } from './annotations.js'
import { isRollingUpdate, maxReplicas, wanted } from './limits.js'
import { allOf, byAge, type Revisions, sizeOf } from './revisions.js'

/** A ReplicaSet and the size it shall have. */
export interface Scaling {
  replicaSet: ReplicaSet
  replicas: number
}

const active = (replicaSets: readonly ReplicaSet[]) => replicaSets.filter(rs => sizeOf(rs) > 0)
const total = (replicaSets: readonly ReplicaSet[]) => replicaSets.reduce((sum, rs) => sum + sizeOf(rs), 0)

/** An active ReplicaSet remembers another wanted size than today's. */
export const isScalingEvent = (deployment: Deployment, revisions: Revisions): boolean =>
  active(allOf(revisions)).some(rs => {
    const desired = desiredReplicasOf(rs)
    return desired !== undefined && desired !== wanted(deployment)
  })

/**
 * Sizes that follow the Deployment's without hastening its rollout. One active ReplicaSet takes it all; a newest one that
 * is complete leaves nothing to the others; else each gets its share, as in this example of 10 pods and a surge of 3:
 * old 8, new 5, scaled to 20 (23 at most): old 8·23/13 ≈ 14, new 5·23/13 ≈ 9.
 */
export function planScale(deployment: Deployment, revisions: Revisions): Scaling[] {
  const only = activeOrLatest(revisions)
  if (only) return sizeOf(only) === wanted(deployment) ? [] : [{ replicaSet: only, replicas: wanted(deployment) }]
  if (isSaturated(deployment, revisions.newest))
    return active(revisions.old).map(replicaSet => ({ replicaSet, replicas: 0 }))
  return isRollingUpdate(deployment) ? planProportions(deployment, active(allOf(revisions))) : []
}

/** The only active one, or the newest of none; undefined where several are active. */
function activeOrLatest(revisions: Revisions): ReplicaSet | undefined {
  const running = active(allOf(revisions))
  if (running.length > 1) return undefined
  return running[0] ?? revisions.newest ?? [...revisions.old].sort(byAge).at(-1)
}

const isSaturated = (deployment: Deployment, newest: ReplicaSet | undefined): boolean =>
  newest !== undefined &&
  sizeOf(newest) === wanted(deployment) &&
  desiredReplicasOf(newest) === wanted(deployment) &&
  (newest.status?.availableReplicas ?? 0) === wanted(deployment)

function planProportions(deployment: Deployment, running: ReplicaSet[]): Scaling[] {
  const allowed = wanted(deployment) > 0 ? maxReplicas(deployment) : 0
  const toAdd = allowed - total(running)
  // The largest first. Among equals grow the newer, shrink the older.
  const sorted = [...running].sort((a, b) => sizeOf(b) - sizeOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)))
  let added = 0
  const plan = sorted.map(replicaSet => {
    const share = proportion(deployment, replicaSet, toAdd, added)
    added += share
    return { replicaSet, replicas: sizeOf(replicaSet) + share }
  })
  const [largest] = plan
  if (largest) largest.replicas = Math.max(0, largest.replicas + toAdd - added)
  return plan
}

function proportion(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === added) return 0
  const share = fraction(deployment, replicaSet)
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added)
}

/** How much this one would grow if all grew alike; negative for shrinking. */
function fraction(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = sizeOf(replicaSet)
  if (wanted(deployment) === 0) return -size
  const before = maxReplicasOf(replicaSet) || deployment.status?.replicas || 0
  if (before === 0) return 0
  return Math.round((size * maxReplicas(deployment)) / before) - size
}
