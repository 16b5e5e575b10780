/** Sorting a Deployment's ReplicaSets into the one of today's template and those of former ones. */
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { revisionOf } from './annotations.js'
import { equalTemplates } from './template-hash.js'

export interface Revisions {
  /** Has the Deployment's template; absent before it was made. */
  newest: ReplicaSet | undefined
  old: ReplicaSet[]
}

export const sizeOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 1

/** Oldest first; equal times by name. */
export function byAge({ metadata: a }: ReplicaSet, { metadata: b }: ReplicaSet): number {
  const [timeA = '', timeB = ''] = [a.creationTimestamp, b.creationTimestamp]
  if (timeA !== timeB) return timeA < timeB ? -1 : 1
  return (a.name ?? '') < (b.name ?? '') ? -1 : 1
}

/** Lowest revision first; equal or unreadable ones by age. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [one, other] = [revisionOf(a), revisionOf(b)]
  if (one === undefined || other === undefined || one === other) return byAge(a, b)
  return one < other ? -1 : 1
}

/** Of several with the same template the oldest is the newest revision. */
export function revisionsOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Revisions {
  const newest = [...replicaSets].sort(byAge).find(rs => equalTemplates(rs.spec.template, deployment.spec.template))
  return { newest, old: replicaSets.filter(rs => rs !== newest) }
}

/** Both kinds in one list, old ones first. */
export const allOf = ({ newest, old }: Revisions): ReplicaSet[] => (newest ? [...old, newest] : old)

/** The number that today's template gets: one more than that of any former one. */
export const nextRevision = (old: readonly ReplicaSet[]): bigint =>
  old.reduce((highest, rs) => {
    const revision = revisionOf(rs) ?? 0n
    return revision > highest ? revision : highest
  }, 0n) + 1n

/** Former revisions beyond the history limit that run nothing. */
export function planCleanup({ spec }: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = spec.revisionHistoryLimit
  if (limit === undefined || limit === 2 ** 31 - 1) return []
  const alive = old.filter(rs => !rs.metadata.deletionTimestamp).sort(byRevision)
  return alive
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      rs =>
        sizeOf(rs) === 0 &&
        (rs.status?.replicas ?? 0) === 0 &&
        (rs.metadata.generation ?? 0) <= (rs.status?.observedGeneration ?? 0),
    )
}
