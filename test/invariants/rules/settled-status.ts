/**
 * When all is quiet, what controllers own is what they were asked for, and their status says so. Where a quota, or a webhook, refuses pods,
 * fewer are there: do not ask then.
 */
import { isPodActive, isPodAvailable, isPodReady } from '../../../src/apis/core-v1/pod-status.js'
import type { Invariant } from '../invariant.js'
import { type ClusterModel, controllerOf, nameOf } from '../model.js'
import type { Pod } from '../objects.js'

interface Workload {
  metadata: { uid?: string; name?: string; namespace?: string; generation?: number }
  spec?: { replicas?: number; minReadySeconds?: number }
  status?: { replicas?: number; readyReplicas?: number; availableReplicas?: number; observedGeneration?: number }
}

const sets = ['ReplicationController', 'ReplicaSet', 'StatefulSet', 'Deployment'] as const

function podsOf({ metadata }: Workload, kind: (typeof sets)[number], model: ClusterModel): Pod[] {
  if (kind !== 'Deployment') return model.podsOf(metadata.uid ?? '').filter(isPodActive)
  const own = model.all('ReplicaSet').filter(set => controllerOf(set)?.uid === metadata.uid)
  return own.flatMap(set => model.podsOf(set.metadata.uid ?? '')).filter(isPodActive)
}

/** What is not as it should be, such as `replicas 2, not 3`. */
function* differences(found: object | undefined, wanted: Record<string, number | undefined>) {
  const told = (found ?? {}) as Record<string, number | undefined>
  for (const [name, value] of Object.entries(wanted))
    if ((told[name] ?? 0) !== (value ?? 0)) yield `${name} ${told[name] ?? 0}, not ${value ?? 0}`
}

function* setsAtRest(kind: (typeof sets)[number], model: ClusterModel) {
  for (const set of model.all(kind) as Workload[]) {
    const pods = podsOf(set, kind, model)
    const wanted = set.spec?.replicas ?? 1
    const what = `${kind} ${nameOf(set)}`
    if (pods.length !== wanted) yield `${what} has ${pods.length} pods, not ${wanted}`
    const { minReadySeconds = 0 } = set.spec ?? {}
    const counts = {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      readyReplicas: pods.filter(isPodReady).length,
      availableReplicas: pods.filter(pod => isPodAvailable(pod, minReadySeconds, model.now)).length,
    }
    for (const difference of differences(set.status, counts)) yield `the status of ${what} says ${difference}`
  }
}

function* daemonsAtRest(model: ClusterModel) {
  for (const set of model.all('DaemonSet')) {
    const pods = model.podsOf(set.metadata.uid ?? '').filter(isPodActive)
    const counts = {
      observedGeneration: set.metadata.generation,
      desiredNumberScheduled: pods.length,
      currentNumberScheduled: pods.length,
      numberReady: pods.filter(isPodReady).length,
    }
    for (const difference of differences(set.status, counts))
      yield `the status of DaemonSet ${nameOf(set)} says ${difference}`
  }
}

function* jobsAtRest(model: ClusterModel) {
  for (const job of model.all('Job')) {
    const pods = model.podsOf(job.metadata.uid ?? '')
    const active = pods.filter(isPodActive).length
    for (const difference of differences(job.status, { active }))
      yield `the status of Job ${nameOf(job)} says ${difference}`
    const isOver = job.status?.conditions?.some(
      ({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True',
    )
    if (!isOver) continue
    if (active) yield `Job ${nameOf(job)} is over and ${active} of its pods are active`
    const { succeeded = 0, conditions = [] } = job.status ?? {}
    const wanted = job.spec?.completions ?? 0
    const isComplete = conditions.some(({ type, status }) => type === 'Complete' && status === 'True')
    if (isComplete && !job.spec?.successPolicy && succeeded < wanted)
      yield `Job ${nameOf(job)} is complete with ${succeeded} of ${wanted}`
    const tracked = pods.filter(({ metadata }) => metadata.finalizers?.includes('batch.kubernetes.io/job-tracking'))
    if (tracked.length) yield `Job ${nameOf(job)} is over and still tracks ${tracked.map(nameOf).join(', ')}`
  }
}

export const settledStatus: Invariant = {
  name: 'settled-status',
  claim: 'when all is quiet, live owned pods are as many as asked for, and the status agrees',
  *atRest(model) {
    for (const kind of sets) yield* setsAtRest(kind, model)
    yield* daemonsAtRest(model)
    yield* jobsAtRest(model)
  },
}
