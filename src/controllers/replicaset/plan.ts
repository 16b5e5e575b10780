/** What a ReplicaSet or ReplicationController should do next, and what it should say about itself. Pure. */
import type { ReplicaSetStatus } from '../../apis/generated/apps-v1.js'
import type { Pod, PodTemplateSpec } from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { podsToDelete } from '../pods/deletion-rank.js'
import { isPodAvailable, isPodReady, nextAvailability } from '../pods/state.js'
import { findCondition, withCondition, withoutCondition } from '../runtime/conditions.js'
import { omitZeros } from '../runtime/omit-zeros.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'

/** The part that both kinds share. */
export interface ReplicaOwner extends KubernetesObject {
  spec: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec }
  status?: ReplicaSetStatus
}

export interface ReplicaPlan {
  create: number
  remove: Pod[]
}

/** So many pods are created or deleted in one go; the rest waits for the next. */
export const burstReplicas = 500

/** `active` are the pods that count; `related` lists those that share nodes with them, for the sake of spreading. */
export function planReplicas(
  owner: ReplicaOwner,
  active: readonly Pod[],
  related: () => readonly Pod[],
  now: number,
): ReplicaPlan {
  const missing = (owner.spec.replicas ?? 1) - active.length
  if (missing >= 0) return { create: Math.min(missing, burstReplicas), remove: [] }
  return { create: 0, remove: podsToDelete(active, related(), Math.min(-missing, burstReplicas), now) }
}

/** The status after scaling; `failure` is what went wrong with it, if anything. */
export function planStatus(
  owner: ReplicaOwner,
  active: readonly Pod[],
  outcome: { failure?: Error; now: number },
): ReplicaSetStatus {
  const { now, failure } = outcome
  const { template, minReadySeconds = 0 } = owner.spec
  const wanted = { matchLabels: template?.metadata?.labels }
  let [labelled, ready, available] = [0, 0, 0]
  for (const pod of active) {
    if (matchesLabels(wanted, pod.metadata.labels)) labelled++
    if (!isPodReady(pod)) continue
    ready++
    if (isPodAvailable(pod, minReadySeconds, now)) available++
  }
  const conditions = planConditions(owner, active, failure, now)
  return {
    replicas: active.length,
    ...omitZeros({
      fullyLabeledReplicas: labelled,
      readyReplicas: ready,
      availableReplicas: available,
      observedGeneration: owner.metadata.generation ?? 0,
    }),
    ...(conditions?.length && { conditions }),
  }
}

function planConditions(owner: ReplicaOwner, active: readonly Pod[], failure: Error | undefined, now: number) {
  const { conditions } = owner.status ?? {}
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure')
  if (findCondition(conditions, 'ReplicaFailure')) return conditions
  const surplus = active.length - (owner.spec.replicas ?? 1)
  return withCondition(conditions, {
    type: 'ReplicaFailure',
    status: 'True',
    ...(surplus !== 0 && { reason: surplus < 0 ? 'FailedCreate' : 'FailedDelete' }),
    message: failure.message,
    lastTransitionTime: formatTime(now),
  })
}

/** Time makes ready pods available: come back when the next one is. */
export function planNextCheck(
  owner: ReplicaOwner,
  active: readonly Pod[],
  status: ReplicaSetStatus,
  now: number,
): Result {
  const { minReadySeconds = 0 } = owner.spec
  if (minReadySeconds === 0 || (status.readyReplicas ?? 0) === (status.availableReplicas ?? 0)) return done
  return requeueAfter(nextAvailability(active, minReadySeconds, now) ?? minReadySeconds * 1000)
}
