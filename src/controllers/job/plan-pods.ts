/** Which pods a running Job should create or delete now. Pure. */
import type { Pod } from '../../apis/generated/core-v1.js'
import { podsToDelete } from '../pods/deletion-rank.js'
import { isTerminating } from '../pods/state.js'
import { groupBy } from '../runtime/group-by.js'
import { type FailureRecord, remainingBackoff } from './backoff.js'
import { IndexSet } from './index-set.js'
import { finishedAt, indexFailuresOf, indexOf, isIndexed, replacesOnlyFailed } from './pods.js'
import { isSuspended, type JobView } from './view.js'

/** Upstream's MaxPodCreateDeletePerSync. */
const maxPerSync = 500

export interface PodPlan {
  remove: Pod[]
  /** One entry a pod: its completion index, or undefined where the Job has none. */
  create: (number | undefined)[]
  /** Milliseconds until more may be created. */
  waitMs?: number
}

/** How many pods should be at work. */
function wantedActive({ job: { spec }, active, succeeded }: JobView): number {
  const { completions, parallelism = 1 } = spec
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(completions - succeeded, parallelism))
}

export function planPods(view: JobView, record: FailureRecord, now: number): PodPlan {
  const { job, active } = view
  if (isSuspended(job)) return { remove: surplus(view, active.length, now), create: [] }
  const wanted = wantedActive(view)
  const remove = surplus(view, Math.max(0, active.length - wanted), now).slice(0, maxPerSync)
  if (remove.length > 0) return { remove, create: [] }
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? view.terminating : 0)
  if (missing <= 0) return { remove: [], create: [] }
  if (job.spec.backoffLimitPerIndex === undefined) {
    const waitMs = remainingBackoff(record, now)
    if (waitMs > 0) return { remove: [], create: [], waitMs }
  }
  const count = Math.min(missing, maxPerSync)
  if (!isIndexed(job)) return { remove: [], create: new Array<undefined>(count).fill(undefined) }
  return planIndexes(view, count, now)
}

/** Pods of an index too many, or of none, first; then the least advanced. */
function surplus({ job, active }: JobView, atLeast: number, now: number): Pod[] {
  if (!isIndexed(job)) return podsToDelete(active, [], atLeast, now)
  const completions = job.spec.completions ?? 0
  const remove: Pod[] = []
  const left: Pod[] = []
  for (const pods of groupBy(active, p => String(indexOf(p))).values()) {
    const index = pods[0] && indexOf(pods[0])
    const keep = index !== undefined && index < completions ? 1 : 0
    const doomed = podsToDelete(pods, [], pods.length - keep, now)
    remove.push(...doomed)
    left.push(...pods.filter(p => !doomed.includes(p)))
  }
  return [...remove, ...podsToDelete(left, [], Math.max(0, atLeast - remove.length), now)]
}

function planIndexes({ job, pods, active, indexes }: JobView, count: number, now: number): PodPlan {
  if (!indexes) return { remove: [], create: [] }
  const busy = [...active, ...(replacesOnlyFailed(job) ? pods.filter(isTerminating) : [])]
  const taken = IndexSet.of(busy.map(indexOf).filter(i => i !== undefined))
  const settled = indexes.succeeded.union(taken).union(indexes.failed ?? IndexSet.empty)
  const pending = settled.firstMissing(count, job.spec.completions ?? 0)
  const waits = new Map(pending.map(index => [index, indexBackoff(indexes.delayed.get(index), now)]))
  const create = pending.filter(index => waits.get(index) === 0)
  const waitMs = Math.min(...waits.values())
  return { remove: [], create, ...(create.length === 0 && pending.length > 0 && { waitMs }) }
}

function indexBackoff(failed: Pod | undefined, now: number): number {
  if (!failed) return 0
  const { counted, ignored } = indexFailuresOf(failed)
  return remainingBackoff({ failures: counted + ignored + 1, lastFailure: finishedAt(failed) }, now)
}
