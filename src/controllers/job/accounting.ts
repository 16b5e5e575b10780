/**
 * Counting ended pods exactly once, also across crashes. A pod keeps a finalizer until it has been counted: first its uid is
 * written into the status as uncounted, then the finalizer is taken off, then the uid becomes part of the count. Pure.
 */
import type { JobCondition, JobStatus } from '../../apis/generated/batch-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { findCondition } from '../runtime/conditions.js'
import { judgeFailure } from './failure-policy.js'
import { IndexSet } from './index-set.js'
import { hasFailed, indexOf, isTracked, validIndexOf } from './pods.js'
import { newCondition } from './verdict.js'
import type { JobView } from './view.js'

/** The status must not grow without bounds: more ended pods than these wait for the next round. */
const maxUncounted = 500

export interface Accounting {
  status: JobStatus
  /** Pods whose finalizer may go once the status is written. */
  release: Pod[]
  /** Complete or Failed: to be set when everything is counted. */
  final: JobCondition | undefined
  /** Not all ended pods are in it. */
  partial: boolean
}

type Uncounted = { succeeded: string[]; failed: string[] }

const uidOf = ({ metadata }: Pod) => metadata.uid ?? ''

/** Moves uids whose pods carry no finalizer any more from uncounted to the counts. */
export function settleCounts(status: JobStatus, stillTracked: ReadonlySet<string>, indexed: boolean): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const left: Uncounted = {
    succeeded: succeeded.filter(uid => stillTracked.has(uid)),
    failed: failed.filter(uid => stillTracked.has(uid)),
  }
  const counted = {
    succeeded: (status.succeeded ?? 0) + (indexed ? 0 : succeeded.length - left.succeeded.length),
    failed: (status.failed ?? 0) + failed.length - left.failed.length,
  }
  return {
    ...status,
    ...(counted.succeeded > 0 && { succeeded: counted.succeeded }),
    ...(counted.failed > 0 && { failed: counted.failed }),
    uncountedTerminatedPods: {
      ...(left.succeeded.length > 0 && { succeeded: left.succeeded }),
      ...(left.failed.length > 0 && { failed: left.failed }),
    },
  }
}

export function planAccounting(
  view: JobView,
  status: JobStatus,
  end: JobCondition | undefined,
  now: number,
): Accounting {
  const { pods, indexes } = view
  const tracked = pods.filter(isTracked).sort((a, b) => (indexOf(a) ?? -1) - (indexOf(b) ?? -1))
  const settled = settleCounts(status, new Set(tracked.map(uidOf)), indexes !== undefined)
  const uncounted: Uncounted = {
    succeeded: [...(settled.uncountedTerminatedPods?.succeeded ?? [])],
    failed: [...(settled.uncountedTerminatedPods?.failed ?? [])],
  }
  const release: Pod[] = []
  const newIndexes: number[] = []
  let partial = false
  for (const pod of tracked) {
    if (!mayRelease(view, pod, end)) continue
    release.push(pod)
    count(view, pod, { uncounted, newIndexes, end })
    if (newIndexes.length + uncounted.succeeded.length + uncounted.failed.length < maxUncounted) continue
    partial = true
    break
  }
  const result: JobStatus = {
    ...settled,
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 && { succeeded: uncounted.succeeded }),
      ...(uncounted.failed.length > 0 && { failed: uncounted.failed }),
    },
  }
  if (indexes) {
    const completed = indexes.previous.union(IndexSet.of(newIndexes))
    result.succeeded = completed.size
    if (completed.size > 0) result.completedIndexes = completed.toString()
    if (indexes.failed) result.failedIndexes = indexes.failed.toString()
  }
  return { ...planConditions(result, end, now), release, partial }
}

function mayRelease({ job, indexes }: JobView, pod: Pod, end: JobCondition | undefined): boolean {
  if (job.metadata.deletionTimestamp || end || pod.status?.phase === 'Succeeded') return true
  if (!hasFailed(pod, job)) return false
  // The last failure of an index is remembered on the pod until its replacement is there.
  const index = indexOf(pod)
  return index === undefined || indexes?.delayed.get(index)?.metadata.uid !== pod.metadata.uid
}

function count(
  { job, uncounted: known, indexes }: JobView,
  pod: Pod,
  { uncounted, newIndexes, end }: { uncounted: Uncounted; newIndexes: number[]; end: JobCondition | undefined },
): void {
  const uid = uidOf(pod)
  const index = validIndexOf(pod, job)
  if (pod.status?.phase === 'Succeeded' && !known.failed.has(uid)) {
    if (!indexes) {
      if (!known.succeeded.has(uid)) uncounted.succeeded.push(uid)
    } else if (index !== undefined && !indexes.previous.has(index)) newIndexes.push(index)
    return
  }
  const endedByFailure = end !== undefined && end.type !== 'SuccessCriteriaMet'
  if (!hasFailed(pod, job) && !endedByFailure) return
  if (known.failed.has(uid) || (indexes && index === undefined)) return
  if (judgeFailure(job, pod).counts) uncounted.failed.push(uid)
}

/** The conditions that announce an end come first; the final one follows when all is counted. */
function planConditions(
  status: JobStatus,
  end: JobCondition | undefined,
  now: number,
): Pick<Accounting, 'status' | 'final'> {
  if (!end) return { status, final: undefined }
  const announced = findCondition(status.conditions, end.type)
  const withEnd =
    announced || end.type === 'Failed' ? status : { ...status, conditions: [...(status.conditions ?? []), end] }
  if (end.type === 'FailureTarget') return { status: withEnd, final: newCondition('Failed', end, now) }
  if (end.type === 'SuccessCriteriaMet') return { status: withEnd, final: newCondition('Complete', end, now) }
  return { status, final: end }
}
