/** TTL-after-finished controller: deletes finished Jobs once their `ttlSecondsAfterFinished` has passed. */
import { job as jobKind } from '../../apis/batch-v1/index.js'
import type { Job } from '../../apis/generated/batch-v1.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { isFinished } from '../job/verdict.js'
import { timeOf } from '../pods/state.js'
import { findCondition } from '../runtime/conditions.js'
import { defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'

/** Milliseconds until the Job is to be deleted; undefined where it is not. */
export function planTimeLeft(job: Job, now: number): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp || !isFinished(job)) return undefined
  const finish = ['Complete', 'Failed']
    .map(type => findCondition(job.status?.conditions, type))
    .find(condition => condition?.status === 'True')
  return timeOf(finish?.lastTransitionTime) + ttlSecondsAfterFinished * 1000 - now
}

export const ttlAfterFinishedController = defineController<Job>({
  name: 'ttl_jobs_to_delete',
  serviceAccount: 'ttl-after-finished-controller',
  for: jobKind,

  async reconcile(job, { client, clock }) {
    const left = planTimeLeft(job, clock.now())
    if (left === undefined) return done
    if (left > 0) return requeueAfter(left)
    const key = job.metadata as ObjectKey
    try {
      // The cache may be behind: a changed TTL must count.
      const fresh = await client.get(jobKind, key)
      const stillLeft = fresh.metadata.uid === job.metadata.uid ? planTimeLeft(fresh, clock.now()) : undefined
      if (stillLeft === undefined) return done
      if (stillLeft > 0) return requeueAfter(stillLeft)
      const preconditions = { uid: job.metadata.uid, resourceVersion: fresh.metadata.resourceVersion }
      await client.delete(jobKind, key, { propagationPolicy: 'Foreground', preconditions })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
    return done
  },
})
