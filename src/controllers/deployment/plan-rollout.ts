/** The next step of a rollout: which ReplicaSets to grow or shrink now. Pure. */
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { isPodTerminal } from '../pods/state.js'
import { isRollingUpdate, maxReplicas, maxUnavailable, wanted } from './limits.js'
import type { Scaling } from './plan-scale.js'
import { allOf, byAge, type Revisions, sizeOf } from './revisions.js'

const total = (replicaSets: readonly ReplicaSet[]) => replicaSets.reduce((sum, rs) => sum + sizeOf(rs), 0)
const availableOf = (rs: ReplicaSet) => rs.status?.availableReplicas ?? 0

/** Size for the newest ReplicaSet, given all that are there: as many as the surge leaves room for. */
export function newestSize(deployment: Deployment, all: readonly ReplicaSet[], size: number): number {
  if (!isRollingUpdate(deployment)) return wanted(deployment)
  const room = maxReplicas(deployment) - total(all)
  return room <= 0 ? size : size + Math.min(room, wanted(deployment) - size)
}

/** A rolling update grows the new one first; only when it cannot, the old ones shrink. */
export function planRolling(deployment: Deployment, revisions: Revisions & { newest: ReplicaSet }): Scaling[] {
  const grow = planNewest(deployment, revisions)
  return grow.length > 0 ? grow : planShrinkOld(deployment, revisions)
}

function planNewest(deployment: Deployment, revisions: Revisions & { newest: ReplicaSet }): Scaling[] {
  const { newest } = revisions
  const size = sizeOf(newest)
  const replicas = size > wanted(deployment) ? wanted(deployment) : newestSize(deployment, allOf(revisions), size)
  return replicas === size ? [] : [{ replicaSet: newest, replicas }]
}

/**
 * Old ReplicaSets may shrink by what is not needed for the least availability, new pods that are not available yet
 * deducted. Example: 10 pods, 2 may be missing, 3 too many; old 8, new 5 of which none is available: 13 - 8 - 5 = 0, so
 * nothing shrinks until new pods become available. Pods that are unhealthy go first: they serve nobody.
 */
function planShrinkOld(deployment: Deployment, revisions: Revisions & { newest: ReplicaSet }): Scaling[] {
  const old = revisions.old.filter(rs => sizeOf(rs) > 0).sort(byAge)
  const { newest } = revisions
  const minAvailable = wanted(deployment) - maxUnavailable(deployment)
  const newestUnavailable = sizeOf(newest) - availableOf(newest)
  let unhealthy = total([...old, newest]) - minAvailable - newestUnavailable
  if (old.length === 0 || unhealthy <= 0) return []

  const sizes = new Map<ReplicaSet, number>()
  for (const rs of old) {
    const cut = Math.min(unhealthy, Math.max(0, sizeOf(rs) - availableOf(rs)))
    unhealthy -= cut
    sizes.set(rs, sizeOf(rs) - cut)
  }
  let spare = Math.max(0, [...old, newest].reduce((sum, rs) => sum + availableOf(rs), 0) - minAvailable)
  for (const rs of old) {
    const size = sizes.get(rs) ?? 0
    const cut = Math.min(spare, size)
    spare -= cut
    sizes.set(rs, size - cut)
  }
  return [...sizes]
    .filter(([rs, replicas]) => replicas !== sizeOf(rs))
    .map(([replicaSet, replicas]) => ({ replicaSet, replicas }))
}

/** Recreate: first all old ones go to zero. */
export const planRecreate = (revisions: Revisions): Scaling[] =>
  revisions.old.filter(rs => sizeOf(rs) > 0).map(replicaSet => ({ replicaSet, replicas: 0 }))

/** Pods of former revisions that may still run: a Recreate waits for them. */
export const oldPodsRun = (revisions: Revisions, podsOf: (replicaSet: ReplicaSet) => readonly Pod[]): boolean =>
  revisions.old.some(rs => (rs.status?.replicas ?? 0) > 0 || podsOf(rs).some(pod => !isPodTerminal(pod)))
