/** Validation of a Job's status: which conditions, counters and times go together, and which may change. */
import { duplicate, type FieldError, invalid, required } from '../../machinery/field-error.js'
import type { Job, JobStatus } from '../generated/batch-v1.js'
import { nonNegativeFields } from '../validation/numbers.js'
import { invalidOmitted } from '../validation/omitted-value.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { countIndexes, overlappingIndex } from './indexes.js'

/** True when the condition is there with status True. */
export const hasCondition = ({ status }: Job, type: string): boolean =>
  status?.conditions?.some(c => c.type === type && c.status === 'True') ?? false

const isFinished = (job: Job) => hasCondition(job, 'Complete') || hasCondition(job, 'Failed')
const statusOf = (job: Job): JobStatus => job.status ?? {}

/** Upstream checks a rule only when a field it speaks of changes, so that old objects stay writable. */
interface Change {
  job: Job
  old: Job
  changed(...fields: (keyof JobStatus)[]): boolean
  flipped(...conditions: string[]): boolean
}

export function* validateJobStatusUpdate(job: Job, old: Job): Generator<FieldError> {
  const change: Change = {
    job,
    old,
    changed: (...fields) => fields.some(f => !semanticEqual(statusOf(job)[f], statusOf(old)[f])),
    flipped: (...types) => types.some(t => hasCondition(job, t) !== hasCondition(old, t)),
  }
  const counters = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const
  yield* nonNegativeFields(statusOf(job), 'status', counters)
  yield* validateUncounted(statusOf(job))
  yield* validateConditions(change)
  yield* validateTimes(change)
  yield* validateFinished(change)
  yield* validateIndexes(change)
  yield* validateCounters(change)
}

function* validateUncounted({ uncountedTerminatedPods: pods }: JobStatus): Generator<FieldError> {
  const seen = new Set<string>()
  for (const list of ['succeeded', 'failed'] as const) {
    for (const [i, uid] of (pods?.[list] ?? []).entries()) {
      const path = `status.uncountedTerminatedPods.${list}[${i}]`
      if (!uid) yield invalid(path, uid, 'must not be empty')
      else if (seen.has(uid)) yield duplicate(path, uid)
      seen.add(uid)
    }
  }
}

function* validateConditions({ job, old, changed, flipped }: Change): Generator<FieldError> {
  const complete = hasCondition(job, 'Complete')
  const failed = hasCondition(job, 'Failed')
  const failureTarget = hasCondition(job, 'FailureTarget')
  const criteriaMet = hasCondition(job, 'SuccessCriteriaMet')
  const bad = (detail: string) => invalidOmitted('status.conditions', detail)
  if (flipped('Complete', 'Failed') && complete && failed)
    yield bad('cannot set Complete=True and Failed=true conditions')
  if (flipped('Complete', 'FailureTarget') && complete && failureTarget)
    yield bad('cannot set Complete=True and FailureTarget=true conditions')
  if ((flipped('Failed') || changed('failedIndexes')) && failed && !failureTarget)
    yield bad('cannot set Failed=True condition without the FailureTarget=true condition')
  if (flipped('Complete', 'SuccessCriteriaMet') && complete && !criteriaMet)
    yield bad('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
  if (criteriaMet && failed) yield bad('cannot set SuccessCriteriaMet=True and Failed=true conditions')
  if (criteriaMet && failureTarget) yield bad('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
  if (job.spec.successPolicy && complete && !criteriaMet)
    yield bad('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True')
  for (const type of ['Failed', 'Complete', 'FailureTarget'])
    if (hasCondition(old, type) && !hasCondition(job, type))
      yield bad(`cannot disable the terminal ${type}=True condition`)
  if (hasCondition(old, 'SuccessCriteriaMet') && !criteriaMet)
    yield bad('cannot disable the SuccessCriteriaMet=True condition')
  if (hasCondition(old, 'Complete') && !hasCondition(old, 'SuccessCriteriaMet') && criteriaMet)
    yield bad('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')
}

function* validateTimes({ job, old, changed, flipped }: Change): Generator<FieldError> {
  const { startTime, completionTime } = statusOf(job)
  const complete = hasCondition(job, 'Complete')
  if (flipped('Complete') || changed('completionTime')) {
    if (completionTime && !complete)
      yield invalid(
        'status.completionTime',
        completionTime,
        'cannot set completionTime when there is no Complete=True condition',
      )
    if (!completionTime && complete)
      yield required('status.completionTime', 'completionTime is required for Complete jobs')
  }
  if (changed('startTime', 'completionTime') && startTime && completionTime) {
    if (Date.parse(completionTime) < Date.parse(startTime))
      yield invalid('status.completionTime', completionTime, 'must be equal to or after `startTime`')
  }
  const before = statusOf(old)
  if (completionTime && before.completionTime && completionTime !== before.completionTime)
    yield invalid('status.completionTime', completionTime, 'field is immutable')
  const resuming =
    hasCondition(old, 'Suspended') &&
    (statusOf(job).conditions?.some(c => c.type === 'Suspended' && c.status === 'False') ?? false)
  if (before.startTime && before.startTime !== startTime && !resuming && !job.spec.suspend)
    yield required('status.startTime', 'startTime cannot be removed for unsuspended job')
}

function* validateFinished({ job, old, changed }: Change): Generator<FieldError> {
  if (!isFinished(job)) return
  const finishedNow = !isFinished(old)
  const { active = 0, terminating = 0, startTime, uncountedTerminatedPods: uncounted } = statusOf(job)
  const neverRuns = job.spec.suspend === true && job.spec.completions === 0
  if ((finishedNow || changed('active')) && active > 0)
    yield invalid('status.active', active, 'active>0 is invalid for finished job')
  if ((finishedNow || changed('startTime')) && !neverRuns && !startTime)
    yield required('status.startTime', 'startTime is required for finished job')
  const left = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0)
  if ((finishedNow || changed('uncountedTerminatedPods')) && left > 0)
    yield invalid('status.uncountedTerminatedPods', uncounted, 'must be empty for finished job')
  if ((finishedNow || changed('terminating')) && terminating > 0)
    yield invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job')
}

function* parseErrors(field: string, text: string, completions: number): Generator<FieldError> {
  try {
    countIndexes(text, completions)
  } catch (error) {
    yield invalid(`status.${field}`, text, `error parsing ${field}: ${(error as Error).message}`)
  }
}

function* validateIndexes({ job, changed }: Change): Generator<FieldError> {
  const { completedIndexes = '', failedIndexes } = statusOf(job)
  const { completions, backoffLimitPerIndex, completionMode } = job.spec
  if (changed('completedIndexes')) {
    if (completions !== undefined) yield* parseErrors('completedIndexes', completedIndexes, completions)
    if (completedIndexes && completionMode !== 'Indexed')
      yield invalid(
        'status.completedIndexes',
        completedIndexes,
        'cannot set non-empty completedIndexes when non-indexed completion mode',
      )
  }
  if (failedIndexes === undefined) return
  if (changed('failedIndexes')) {
    if (completions !== undefined && backoffLimitPerIndex !== undefined)
      yield* parseErrors('failedIndexes', failedIndexes, completions)
    if (backoffLimitPerIndex === undefined)
      yield invalid(
        'status.failedIndexes',
        failedIndexes,
        'cannot set non-null failedIndexes when backoffLimitPerIndex is null',
      )
  }
  if (!changed('failedIndexes', 'completedIndexes') || completions === undefined) return
  const index = overlappingIndex(completedIndexes, failedIndexes, completions)
  if (index !== undefined)
    yield invalid(
      'status.failedIndexes',
      failedIndexes,
      `failedIndexes and completedIndexes overlap at index: ${index}`,
    )
}

function* validateCounters({ job, old, changed }: Change): Generator<FieldError> {
  const { active = 0, ready, failed = 0, succeeded = 0 } = statusOf(job)
  const before = statusOf(old)
  const { completionMode, completions, parallelism } = job.spec
  if (changed('ready', 'active') && ready !== undefined && ready > active)
    yield invalid('status.ready', ready, 'cannot set more ready pods than active')
  if (failed < (before.failed ?? 0)) yield invalid('status.failed', failed, 'cannot decrease the failed counter')
  // An elastic Indexed Job may be scaled down, which forgets successes.
  const elastic = completionMode === 'Indexed' && completions === parallelism
  if (!elastic && succeeded < (before.succeeded ?? 0))
    yield invalid('status.succeeded', succeeded, 'cannot decrease the succeeded counter')
}
