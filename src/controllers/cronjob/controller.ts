/** CronJob controller: starts a Job at each time of its schedule, and keeps a short history of them. */

import { parseCronSchedule } from '../../apis/batch-v1/cron-schedule.js'
import { cronJob as cronJobKind, job as jobKind } from '../../apis/batch-v1/index.js'
import type { CronJob, CronJobStatus, Job } from '../../apis/generated/batch-v1.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { referenceTo } from '../../client/event-recorder.js'
import { formatTime } from '../../machinery/clock.js'
import { cloneJson } from '../../machinery/clone.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { timeOf } from '../pods/state.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { isControlledBy, newControllerRef } from '../runtime/owner.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'
import { updateStatus } from '../runtime/update-status.js'
import { finishOf, isActive, lastSuccess, type Next, planCleanup, planDue } from './plan.js'
import { formatInZone, nextFiring, zoneOffset } from './schedule.js'

/** Looked at a moment after the time, so that it has surely come. */
const afterFiringMs = 100
const timestampAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

export const cronJobController = defineController<CronJob>({
  name: 'cronjob',
  component: 'cronjob-controller',
  for: cronJobKind,
  owns: [jobKind],

  async reconcile(cronJob, context) {
    const jobs = context.cache.ownedBy(cronJob, jobKind)
    const status: CronJobStatus = { ...cronJob.status, active: [...(cronJob.status?.active ?? [])] }
    try {
      await cleanUp(cronJob, jobs, { status, context })
      await followJobs(cronJob, jobs, { status, context })
      return await startDue(cronJob, { status, context })
    } finally {
      // What was seen and begun is written down even when the next step failed.
      await updateStatus(context.client, cronJobKind, cronJob, status)
    }
  },
})

interface Work {
  /** Changed in place. */
  status: CronJobStatus
  context: ReconcileContext
}

const forget = (status: CronJobStatus, uid: string | undefined) => {
  status.active = status.active?.filter(reference => reference.uid !== uid)
}

async function cleanUp(cronJob: CronJob, jobs: readonly Job[], work: Work): Promise<void> {
  for (const job of planCleanup(cronJob, jobs)) if (!job.metadata.deletionTimestamp) await deleteJob(cronJob, job, work)
}

/** False, with an event, where it cannot be deleted. */
async function deleteJob(cronJob: CronJob, job: Job, { status, context }: Work): Promise<boolean> {
  const { metadata } = job
  const options = { propagationPolicy: 'Background', preconditions: { uid: metadata.uid } } as const
  try {
    await context.client.delete(jobKind, metadata as ObjectKey, options)
  } catch (error) {
    if (isReason(error, 'NotFound')) return true
    context.recorder.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${(error as Error).message}`)
    return false
  }
  forget(status, metadata.uid)
  context.recorder.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`)
  return true
}

async function followJobs(cronJob: CronJob, jobs: readonly Job[], { status, context }: Work): Promise<void> {
  const { recorder, client } = context
  for (const job of jobs) {
    const finish = finishOf(job)
    const known = isActive(cronJob, job)
    if (!known && !finish) {
      const text = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`
      recorder.event(cronJob, 'Warning', 'UnexpectedJob', text)
    } else if (known && finish) {
      forget(status, job.metadata.uid)
      const text = `Saw completed job: ${job.metadata.name}, condition: ${finish}`
      recorder.event(cronJob, 'Normal', 'SawCompletedJob', text)
    }
  }
  const success = lastSuccess(cronJob, jobs)
  if (success) status.lastSuccessfulTime = success
  for (const reference of cronJob.status?.active ?? []) {
    if (jobs.some(job => job.metadata.uid === reference.uid)) continue
    const gone = await client.get(jobKind, { namespace: reference.namespace, name: reference.name ?? '' }).then(
      () => false,
      error => isReason(error, 'NotFound'),
    )
    if (!gone) continue
    forget(status, reference.uid)
    recorder.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${reference.name}`)
  }
}

/** Of its time zone; undefined, with an event, where there is no such zone. */
function offsetOf(cronJob: CronJob, { recorder }: ReconcileContext): ReturnType<typeof zoneOffset> | undefined {
  const { timeZone } = cronJob.spec
  try {
    return zoneOffset(timeZone)
  } catch (error) {
    const text = `invalid timeZone: "${timeZone}": ${(error as Error).message}`
    recorder.event(cronJob, 'Warning', 'UnknownTimeZone', text)
    return undefined
  }
}

/** When it fires; undefined, with an event, where that cannot be read. */
function firingsOf(
  cronJob: CronJob,
  offset: ReturnType<typeof zoneOffset>,
  { recorder }: ReconcileContext,
): Next | undefined {
  const text = cronJob.spec.schedule
  try {
    const schedule = parseCronSchedule(text)
    return after => nextFiring(schedule, offset, after)
  } catch (error) {
    const why = (error as Error).message
    recorder.event(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${text}" : ${why}`)
    return undefined
  }
}

async function startDue(cronJob: CronJob, work: Work): Promise<Result> {
  const { context, status } = work
  const { recorder, clock } = context
  const { spec, metadata } = cronJob
  if (metadata.deletionTimestamp) return done
  const offset = offsetOf(cronJob, context)
  if (!offset || spec.suspend) return done
  const nextAfter = firingsOf(cronJob, offset, context)
  if (!nextAfter) return done
  const now = clock.now()
  const { time, tooManyMissed } = planDue(cronJob, nextAfter, now)
  const following = nextAfter(Math.max(now, time ?? 0))
  if (time === undefined && following === undefined) {
    const text = `invalid schedule: ${spec.schedule} : time difference between two schedules is less than 1 second`
    recorder.event(cronJob, 'Warning', 'InvalidSchedule', text)
    return done
  }
  const next = following === undefined ? done : requeueAfter(following - now + afterFiringMs)
  if (time === undefined) return next
  if (tooManyMissed) {
    const text = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
    recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', text)
  }
  const name = `${metadata.name}-${Math.floor(time / 60_000)}`
  const started = status.active?.some(r => r.name === name) || timeOf(status.lastScheduleTime) === time
  if (started) return next
  if (spec.concurrencyPolicy === 'Forbid' && (status.active?.length ?? 0) > 0) {
    const text = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    recorder.event(cronJob, 'Normal', 'JobAlreadyActive', text)
    return next
  }
  if (spec.concurrencyPolicy === 'Replace') await replaceActive(cronJob, work)
  const job = await createJob(cronJob, { name, time: formatInZone(time, offset) }, context)
  if (!job) return next
  status.active = [...(status.active ?? []), referenceTo(job)]
  status.lastScheduleTime = formatTime(time)
  return next
}

async function replaceActive(cronJob: CronJob, work: Work): Promise<void> {
  const { client, recorder } = work.context
  for (const { namespace, name = '' } of work.status.active ?? []) {
    const job = await client.get(jobKind, { namespace, name }).catch(error => {
      recorder.event(cronJob, 'Warning', 'FailedGet', `Get job: ${(error as Error).message}`)
      throw error
    })
    if (!(await deleteJob(cronJob, job, work))) throw new Error(`could not replace job ${namespace}/${name}`)
  }
}

/** Undefined where the name belongs to another's Job. */
async function createJob(
  cronJob: CronJob,
  { name, time }: { name: string; time: string },
  { client, recorder }: ReconcileContext,
): Promise<Job | undefined> {
  const { metadata, spec } = cronJob.spec.jobTemplate
  const { namespace } = cronJob.metadata
  const wanted: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace,
      name,
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, [timestampAnnotation]: time },
      ownerReferences: [newControllerRef(cronJobKind, cronJob)],
    },
    spec: cloneJson(spec),
  }
  try {
    const job = await client.create(jobKind, wanted)
    recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`)
    return job
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) {
      const existing = await client.get(jobKind, { namespace, name })
      return isControlledBy(existing, cronJob) ? existing : undefined
    }
    if (!isNamespaceTerminating(error))
      recorder.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${(error as Error).message}`)
    throw error
  }
}
