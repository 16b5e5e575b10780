/** What a Job asks about its pods: their index, whether and when they ended, whether they were counted yet. Pure. */

import { getCondition } from '../../apis/core-v1/pod-status.js'
import type { Job } from '../../apis/generated/batch-v1.js'
import type { ContainerStatus, Pod } from '../../apis/generated/core-v1.js'
import { timeOf } from '../pods/state.js'

/** Kept on a pod until its end has been counted in the Job's status. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count'
export const ignoredFailureCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count'

export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(trackingFinalizer) === true

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed'

/** A pod that is only being deleted is not replaced before it has ended. */
export const replacesOnlyFailed = ({ spec }: Job): boolean =>
  spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined

/** Failed, or being deleted without success where such pods are replaced at once. */
export function hasFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  return !replacesOnlyFailed(job) && pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded'
}

const countOf = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined)

/** The completion index the pod works on, if it has one. */
export const indexOf = ({ metadata }: Pod): number | undefined => countOf(metadata.annotations?.[indexAnnotation])

/** Index within the Job's completions. */
export function validIndexOf(pod: Pod, { spec }: Job): number | undefined {
  const index = indexOf(pod)
  return index !== undefined && index < (spec.completions ?? 0) ? index : undefined
}

/** Failures of the pod's index before this pod: those that count, and those that a policy ignored. */
export const indexFailuresOf = ({ metadata: { annotations } }: Pod): { counted: number; ignored: number } => ({
  counted: countOf(annotations?.[failureCountAnnotation]) ?? 0,
  ignored: countOf(annotations?.[ignoredFailureCountAnnotation]) ?? 0,
})

/** When the pod ended, in milliseconds, by the best evidence there is. */
export function finishedAt(pod: Pod): number {
  const { metadata, status } = pod
  const byContainers = containersFinishedAt(pod)
  if (byContainers !== undefined) return byContainers
  const ready = getCondition(status, 'Ready')
  if (ready?.status === 'False' && ready.lastTransitionTime) return timeOf(ready.lastTransitionTime)
  if (metadata.deletionTimestamp)
    return timeOf(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000
  return timeOf(metadata.creationTimestamp)
}

function containersFinishedAt({ spec, status }: Pod): number | undefined {
  const sidecars = new Set(spec.initContainers?.filter(c => c.restartPolicy === 'Always').map(c => c.name))
  const statuses: ContainerStatus[] = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses?.filter(s => sidecars.has(s.name)) ?? []),
  ]
  const times = statuses.map(s => timeOf(s.state?.terminated?.finishedAt))
  return times.length === 0 || times.some(Number.isNaN) ? undefined : Math.max(...times)
}
