/** Which run of a CronJob is due, and which finished Jobs go. Pure. */
import type { CronJob, Job } from '../../apis/generated/batch-v1.js'
import { timeOf } from '../pods/state.js'
import { findCondition } from '../runtime/conditions.js'

/** The next firing after a time, or undefined. */
export type Next = (after: number) => number | undefined

export interface Due {
  /** The latest run that is due and was not started; undefined: none. */
  time: number | undefined
  /** So many runs were missed that something is wrong. */
  tooManyMissed: boolean
}

/** More missed runs than these are reported. */
const manyMissed = 100

/** The latest firing not after now, counted from the last run, the creation, or the starting deadline. */
export function planDue({ metadata, spec, status }: CronJob, next: Next, now: number): Due {
  const since = timeOf(status?.lastScheduleTime ?? metadata.creationTimestamp)
  const deadline = spec.startingDeadlineSeconds
  const from = deadline === undefined ? since : Math.max(since, now - deadline * 1000)
  const first = next(from)
  if (first === undefined || first > now) return { time: undefined, tooManyMissed: false }
  const second = next(first)
  if (second === undefined || second > now) return { time: first, tooManyMissed: false }
  // Jump close to now, as if the schedule were regular, then walk.
  const period = Math.max(second - first, 1000)
  const missed = Math.floor((now - first) / period) + 1
  let time = first
  const start = first + Math.max(0, missed - 2) * period
  for (let t = next(start - 1); t !== undefined && t <= now; t = next(t)) time = t
  return { time, tooManyMissed: missed > manyMissed }
}

export const isActive = ({ status }: CronJob, { metadata }: Job): boolean =>
  status?.active?.some(reference => reference.uid === metadata.uid) === true

/** `Complete` or `Failed`; undefined while it runs. */
export const finishOf = ({ status }: Job): string | undefined =>
  ['Complete', 'Failed'].find(type => findCondition(status?.conditions, type)?.status === 'True')

const byStart = (a: Job, b: Job) => {
  const [startA = '~', startB = '~'] = [a.status?.startTime, b.status?.startTime]
  return startA < startB || (startA === startB && (a.metadata.name ?? '') < (b.metadata.name ?? '')) ? -1 : 1
}

/** Finished Jobs beyond the limits, oldest first. */
export function planCleanup({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const surplus = (type: string, limit: number | undefined) => {
    if (limit === undefined) return []
    const finished = jobs.filter(j => finishOf(j) === type).sort(byStart)
    return finished.slice(0, Math.max(0, finished.length - limit))
  }
  return [...surplus('Complete', spec.successfulJobsHistoryLimit), ...surplus('Failed', spec.failedJobsHistoryLimit)]
}

/** The completion time of the latest Job that succeeded. */
export function lastSuccess({ status }: CronJob, jobs: readonly Job[]): string | undefined {
  const times = jobs.filter(j => finishOf(j) === 'Complete').map(j => j.status?.completionTime ?? '')
  return [status?.lastSuccessfulTime ?? '', ...times].sort().at(-1) || undefined
}
