/** Job controller: runs pods until enough of them have succeeded, or too many have failed. */
import { job as jobKind } from '../../apis/batch-v1/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Job, JobCondition, JobStatus } from '../../apis/generated/batch-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { keyOf } from '../../client/indexer.js'
import { formatTime } from '../../machinery/clock.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { isReason } from '../../machinery/status-error.js'
import { createPod, deletePod } from '../pods/control.js'
import { isPodReady } from '../pods/state.js'
import { claimDependents } from '../runtime/claim.js'
import { withCondition } from '../runtime/conditions.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { omitZeros } from '../runtime/omit-zeros.js'
import { done, type Result, requeueAfter, soonest } from '../runtime/result.js'
import { allAtOnce, inSlowStartBatches } from '../runtime/slow-start.js'
import { planAccounting, settleCounts } from './accounting.js'
import { type FailureRecord, noFailures, recordEnds } from './backoff.js'
import { newJobPod } from './new-pod.js'
import { planPods } from './plan-pods.js'
import { isTracked, trackingFinalizer } from './pods.js'
import { planSuspension } from './suspension.js'
import { completionReached, isComplete, isFinished, planEnd, untilDeadline } from './verdict.js'
import { type JobView, viewJob } from './view.js'

const ownName = 'kubernetes.io/job-controller'

export const isManagedElsewhere = ({ spec }: Job): boolean => spec.managedBy !== undefined && spec.managedBy !== ownName

export const jobController: Controller = {
  name: 'job',
  start: deps => define(new Map()).start(deps),
}

const define = (records: Map<string, FailureRecord>): Controller =>
  defineController<Job>({
    name: 'job',
    for: jobKind,
    owns: [podKind],
    adopts: (job, orphan) => matchesLabels(job.spec.selector, orphan.metadata.labels),

    async reconcile(job, context) {
      if (isManagedElsewhere(job)) return done
      const key = keyOf(job)
      if (isFinished(job)) {
        records.delete(key)
        return done
      }
      const pods = await claimDependents<Pod>(
        {
          owner: job,
          ownerKind: jobKind,
          kind: podKind,
          matches: p => matchesLabels(job.spec.selector, p.metadata.labels),
          finalizer: trackingFinalizer,
        },
        context,
      )
      const view = viewJob(job, pods)
      const record = recordEnds(records.get(key) ?? noFailures, view.newlySucceeded, view.newlyFailed)
      const result = await sync(view, record, context)
      // Only now: had the status not been written, the same pods would be new again.
      records.set(key, record)
      return result
    },
    async gone(key) {
      records.delete(key)
    },
  })

interface Progress {
  active: number
  ready: number
  terminating: number
  failure?: Error
  waitMs?: number
}

async function sync(view: JobView, record: FailureRecord, context: ReconcileContext): Promise<Result> {
  const { job } = view
  const now = context.clock.now()
  const start = job.status?.startTime ?? (job.spec.suspend ? undefined : formatTime(now))
  const status: JobStatus = { ...job.status, ...(start && { startTime: start }) }
  let end = planEnd({ ...view, job: { ...job, status } }, now)
  let progress: Progress
  let conditions = status.conditions
  if (end) {
    progress = await removePods(view, view.active, { context, tracked: true })
    if (progress.failure) end = undefined
  } else {
    progress = job.metadata.deletionTimestamp
      ? { ...view, active: view.active.length }
      : await managePods(view, record, context)
    if (isComplete(view, progress.active)) end = completionReached(now)
    else if (!job.metadata.deletionTimestamp) {
      const suspension = planSuspension(job, now)
      if (suspension) {
        conditions = suspension.conditions
        if (suspension.startTime) status.startTime = suspension.startTime
        context.recorder.event(job, 'Normal', suspension.reason, suspension.message)
      }
    }
  }
  const { active, ready, terminating } = progress
  const counted: JobStatus = { ...status, conditions, active, ready, terminating }
  await account(view, counted, end, context)
  if (progress.failure) throw progress.failure
  const deadline = end ? undefined : untilDeadline({ ...job, status }, now)
  const next = deadline === undefined ? done : requeueAfter(deadline)
  return progress.waitMs === undefined ? next : soonest(next, requeueAfter(progress.waitMs))
}

async function managePods(view: JobView, record: FailureRecord, context: ReconcileContext): Promise<Progress> {
  const plan = planPods(view, record, context.clock.now())
  if (plan.remove.length > 0) return removePods(view, plan.remove, { context, tracked: false })
  let created = 0
  const create = async (index: number | undefined) => {
    try {
      await createPod(newJobPod(view, jobKind, index), view.job, context)
      created++
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error
    }
  }
  const failure = await inSlowStartBatches(plan.create, create).then(
    () => undefined,
    (error: Error) => error,
  )
  const { ready, terminating } = view
  const waiting = plan.waitMs !== undefined
  return { active: waiting ? 0 : view.active.length + created, ready, terminating, failure, waitMs: plan.waitMs }
}

/** Pods of a Job that goes on are not counted when removed: unless `tracked`, their finalizer goes first. */
async function removePods(
  view: JobView,
  pods: readonly Pod[],
  { context, tracked }: { context: ReconcileContext; tracked: boolean },
): Promise<Progress> {
  const removed: Pod[] = []
  const failure = await allAtOnce(pods, async p => {
    if (!tracked) await releasePod(p, context)
    await deletePod(p, view.job, context)
    removed.push(p)
  }).then(
    () => undefined,
    (error: Error) => error,
  )
  return {
    active: view.active.length - removed.length,
    ready: view.ready - removed.filter(isPodReady).length,
    terminating: view.terminating + removed.length,
    failure,
  }
}

/** Takes the tracking finalizer off, once the pod is counted or will never be. */
export async function releasePod(pod: Pod, { client }: Pick<ReconcileContext, 'client'>): Promise<void> {
  if (!isTracked(pod)) return
  const body = { metadata: { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } }
  const patch = { type: 'application/strategic-merge-patch+json', body } as const
  await client.patch(podKind, pod.metadata as ObjectKey, patch).catch(error => {
    if (!isReason(error, 'NotFound')) throw error
  })
}

async function account(
  view: JobView,
  counted: JobStatus,
  end: JobCondition | undefined,
  context: ReconcileContext,
): Promise<void> {
  const { clock } = context
  const { status, release, final, partial } = planAccounting(view, counted, end, clock.now())
  let job = await write(view.job, status, context)
  const tracked = new Set(view.pods.filter(isTracked).map(p => p.metadata.uid ?? ''))
  let failure: Error | undefined
  await allAtOnce(release, async p => {
    await releasePod(p, context)
    tracked.delete(p.metadata.uid ?? '')
  }).catch(error => {
    failure = error as Error
  })
  const settled = settleCounts(job.status ?? {}, tracked, view.indexes !== undefined)
  const { succeeded = [], failed = [] } = settled.uncountedTerminatedPods ?? {}
  const uncounted = succeeded.length + failed.length
  const finished =
    final && !failure && !partial && uncounted === 0 && (settled.terminating ?? 0) === 0 ? final : undefined
  job = await write(job, finished ? finishedStatus(settled, finished) : settled, context)
  if (finished) reportFinished(job, finished, context)
  if (failure) throw failure
}

const finishedStatus = (status: JobStatus, final: JobCondition): JobStatus => ({
  ...status,
  conditions: withCondition<JobCondition>(status.conditions, final),
  ...(final.type === 'Complete' && { completionTime: final.lastTransitionTime }),
})

async function write(job: Job, wanted: JobStatus, { client }: ReconcileContext): Promise<Job> {
  const { active = 0, succeeded = 0, failed = 0, ...rest } = wanted
  const status: JobStatus = { ...rest, ...omitZeros({ active, succeeded, failed }) }
  return semanticEqual(job.status, status) ? job : client.updateStatus(jobKind, { ...job, status })
}

function reportFinished(job: Job, final: JobCondition, { recorder }: ReconcileContext): void {
  if (final.type !== 'Complete') {
    recorder.event(job, 'Warning', final.reason ?? '', final.message ?? '')
    return
  }
  if (job.spec.completions !== undefined && (job.status?.succeeded ?? 0) > job.spec.completions)
    recorder.event(
      job,
      'Warning',
      'TooManySucceededPods',
      'Too many succeeded pods running after completion count reached',
    )
  recorder.event(job, 'Normal', 'Completed', 'Job completed')
}
