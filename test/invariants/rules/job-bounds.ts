/**
 * A Job has no more live pods than its parallelism, makes none beyond what is left to complete, and none once it is finished or suspended.
 * Pods that are being deleted count where they are to be replaced only when they have failed.
 */
import { isPodTerminal } from '../../../src/apis/core-v1/pod-status.js'
import { type Invariant, isOf } from '../invariant.js'
import { type ClusterModel, controllerOf, nameOf } from '../model.js'
import type { Job, Pod } from '../objects.js'

const ended = ['Complete', 'Failed', 'SuccessCriteriaMet', 'FailureTarget']
const isEnded = ({ status }: Job) =>
  status?.conditions?.some(({ type, status: is }) => ended.includes(type) && is === 'True') === true

const isFinished = (job: Job, type: string) =>
  job.status?.conditions?.some(condition => condition.type === type && condition.status === 'True') === true

function livePods({ metadata, spec }: Job, model: ClusterModel): Pod[] {
  const waits = spec?.podReplacementPolicy === 'Failed'
  return model
    .podsOf(metadata.uid ?? '')
    .filter(pod => !isPodTerminal(pod) && (waits || !pod.metadata.deletionTimestamp))
}

/** What speaks against the newest pod of this version of the Job. */
function objection(job: Job, model: ClusterModel): string | undefined {
  const { parallelism = 1, completions, suspend } = job.spec ?? {}
  if (isEnded(job)) return 'it has finished'
  if (suspend) return 'it is suspended'
  const live = livePods(job, model).length
  if (live > parallelism) return `${live} are live, its parallelism is ${parallelism}`
  if (completions === undefined) return undefined
  const succeeded = model.successesOf(job.metadata.uid ?? '')
  return live + succeeded > completions
    ? `${succeeded} have succeeded and ${live} are live, it wants ${completions}`
    : undefined
}

export const jobBounds: Invariant = {
  name: 'job-bounds',
  claim: 'a Job never exceeds its parallelism, nor runs past its success; its end is final',
  *afterChange(change, model) {
    if (isOf(change, 'Pod') && !change.previous && change.current) {
      const owner = controllerOf(change.current)
      const objections = owner?.kind === 'Job' ? model.views('Job', owner.uid).map(job => objection(job, model)) : []
      if (objections[0] && objections.every(Boolean))
        yield `Job ${owner?.name} made pod ${nameOf(change.current)}: ${objections[0]}`
    }
    if (!isOf(change, 'Job') || !change.previous || !change.current) return
    for (const type of ['Complete', 'Failed'])
      if (isFinished(change.previous, type) && !isFinished(change.current, type))
        yield `Job ${nameOf(change.current)} is no longer ${type}`
  },
}
