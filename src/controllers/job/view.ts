/** A Job and its pods counted and sorted: what all its decisions are made from. Pure. */
import type { Job } from '../../apis/generated/batch-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { isPodActive, isPodReady, isTerminating } from '../pods/state.js'
import { judgeFailure } from './failure-policy.js'
import { IndexSet } from './index-set.js'
import { finishedAt, hasFailed, indexFailuresOf, indexOf, isIndexed, isTracked, validIndexOf } from './pods.js'

export interface Indexes {
  /** Succeeded by the status, before this look. */
  previous: IndexSet
  succeeded: IndexSet
  /** Only with a back-off limit for each index. */
  failed: IndexSet | undefined
  /** The last failed pod of each index that is to be tried again: it stays until its replacement is made. */
  delayed: Map<number, Pod>
}

export interface JobView {
  job: Job
  pods: readonly Pod[]
  active: Pod[]
  ready: number
  terminating: number
  /** Uids that the status has counted, but whose pods may still carry the finalizer. */
  uncounted: { succeeded: Set<string>; failed: Set<string> }
  newlySucceeded: Pod[]
  newlyFailed: Pod[]
  succeeded: number
  failed: number
  indexes: Indexes | undefined
}

export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true

export function viewJob(job: Job, pods: readonly Pod[]): JobView {
  const { status = {} } = job
  const uncounted = {
    succeeded: new Set(status.uncountedTerminatedPods?.succeeded),
    failed: new Set(status.uncountedTerminatedPods?.failed),
  }
  const fresh = (counted: Set<string>) =>
    pods.filter(
      p =>
        isTracked(p) && !counted.has(p.metadata.uid ?? '') && (!isIndexed(job) || validIndexOf(p, job) !== undefined),
    )
  const newlySucceeded = fresh(uncounted.succeeded).filter(p => p.status?.phase === 'Succeeded')
  const newlyFailed = fresh(uncounted.failed).filter(p => hasFailed(p, job))
  const active = pods.filter(isPodActive)
  const indexes = isIndexed(job) ? viewIndexes(job, pods, active) : undefined
  const counting = newlyFailed.filter(p => judgeFailure(job, p).counts).length
  return {
    job,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isTerminating).length,
    uncounted,
    newlySucceeded,
    newlyFailed,
    succeeded: indexes?.succeeded.size ?? (status.succeeded ?? 0) + newlySucceeded.length + uncounted.succeeded.size,
    failed: (status.failed ?? 0) + counting + uncounted.failed.size,
    indexes,
  }
}

function viewIndexes(job: Job, pods: readonly Pod[], active: readonly Pod[]): Indexes {
  const { completions = 0, backoffLimitPerIndex } = job.spec
  const tracked = pods.filter(isTracked)
  const of = (some: readonly Pod[]) => IndexSet.of(some.map(p => validIndexOf(p, job)).filter(i => i !== undefined))
  const previous = IndexSet.parse(job.status?.completedIndexes, completions)
  const succeeded = previous.union(of(tracked.filter(p => p.status?.phase === 'Succeeded')))
  if (backoffLimitPerIndex === undefined) return { previous, succeeded, failed: undefined, delayed: new Map() }
  const failed = IndexSet.parse(job.status?.failedIndexes, completions).union(
    of(tracked.filter(p => indexHasFailed(job, p, backoffLimitPerIndex))),
  )
  const settled = succeeded.union(failed).union(IndexSet.of(active.map(indexOf).filter(i => i !== undefined)))
  return { previous, succeeded, failed, delayed: delayedPods(job, tracked, settled) }
}

function indexHasFailed(job: Job, pod: Pod, limit: number): boolean {
  if (!hasFailed(pod, job)) return false
  const { counts, action } = judgeFailure(job, pod)
  return action === 'FailIndex' || (counts && indexFailuresOf(pod).counted >= limit)
}

const failuresOf = (pod: Pod) => {
  const { counted, ignored } = indexFailuresOf(pod)
  return counted + ignored
}

function delayedPods(job: Job, tracked: readonly Pod[], settled: IndexSet): Map<number, Pod> {
  const delayed = new Map<number, Pod>()
  for (const pod of tracked.filter(p => hasFailed(p, job))) {
    const index = validIndexOf(pod, job)
    if (index === undefined || settled.has(index)) continue
    const last = delayed.get(index)
    if (!last || (failuresOf(last) <= failuresOf(pod) && finishedAt(pod) >= finishedAt(last))) delayed.set(index, pod)
  }
  return delayed
}
