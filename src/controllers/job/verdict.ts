/** Whether a Job has come to its end, and how: the conditions with upstream's reasons and messages. Pure. */
import type { Job, JobCondition } from '../../apis/generated/batch-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { timeOf } from '../pods/state.js'
import { findCondition } from '../runtime/conditions.js'
import { failJobMessage, successPolicyMessage } from './failure-policy.js'
import { isSuspended, type JobView } from './view.js'

export function newCondition(
  type: string,
  { reason, message, status = 'True' }: { reason?: string; message?: string; status?: string },
  now: number,
): JobCondition {
  const at = formatTime(now)
  return { type, status, lastProbeTime: at, lastTransitionTime: at, reason, message }
}

const isTrue = (condition: JobCondition | undefined) => condition?.status === 'True'

/** Complete or Failed is True: nothing more will happen. */
export const isFinished = ({ status }: Job): boolean =>
  isTrue(findCondition(status?.conditions, 'Complete')) || isTrue(findCondition(status?.conditions, 'Failed'))

/** Milliseconds until the active deadline; undefined where there is none or it does not run. */
export function untilDeadline({ spec, status }: Job, now: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || !status?.startTime || spec.suspend) return undefined
  return timeOf(status.startTime) + Number(spec.activeDeadlineSeconds) * 1000 - now
}

function restartsExceedLimit({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const { backoffLimit = 6 } = spec
  const restarts = pods
    .filter(p => p.status?.phase === 'Running' || p.status?.phase === 'Pending')
    .flatMap(p => [...(p.status?.initContainerStatuses ?? []), ...(p.status?.containerStatuses ?? [])])
    .reduce((sum, s) => sum + s.restartCount, 0)
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

/** The condition that ends the Job: FailureTarget, Failed or SuccessCriteriaMet; undefined while it goes on. */
export function planEnd({ job, pods, failed, indexes }: JobView, now: number): JobCondition | undefined {
  const { spec, status } = job
  const met = findCondition(status?.conditions, 'SuccessCriteriaMet')
  if (isTrue(met)) return met
  const target = findCondition(status?.conditions, 'FailureTarget')
  if (target && isTrue(target)) return newCondition('Failed', target, now)
  const failing = (reason: string, message: string) => newCondition('FailureTarget', { reason, message }, now)
  const policy = failJobMessage(job, pods)
  if (policy) return failing('PodFailurePolicy', policy)
  if (failed > (spec.backoffLimit ?? 6) || restartsExceedLimit(job, pods))
    return failing('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  if ((untilDeadline(job, now) ?? 1) <= 0 && !isSuspended(job))
    return failing('DeadlineExceeded', 'Job was active longer than specified deadline')
  if (!indexes) return undefined
  const failedIndexes = indexes.failed?.size ?? 0
  if (spec.maxFailedIndexes !== undefined && failedIndexes > spec.maxFailedIndexes)
    return failing('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  if (failedIndexes > 0 && failedIndexes + indexes.succeeded.size >= (spec.completions ?? 0))
    return failing('FailedIndexes', 'Job has failed indexes')
  const message = successPolicyMessage(job, indexes.succeeded)
  return message === undefined
    ? undefined
    : newCondition('SuccessCriteriaMet', { reason: 'SuccessPolicy', message }, now)
}

/** All the work is done, and no pod is at it any more. */
export const isComplete = ({ job: { spec }, succeeded }: JobView, active: number): boolean =>
  active === 0 && (spec.completions === undefined ? succeeded > 0 : succeeded >= spec.completions)

export const completionReached = (now: number): JobCondition =>
  newCondition(
    'SuccessCriteriaMet',
    { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' },
    now,
  )
