/** Saying in a pod's status why the system ends it, or that it has ended. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod, PodStatus } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { formatTime } from '../../machinery/clock.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { findCondition } from '../runtime/conditions.js'

export interface Disruption {
  reason: string
  message: string
}

interface Deps {
  client: Client
  now: number
}

/** Undefined where the pod has the condition already. */
function disruptionTarget({ metadata, status }: Pod, { reason, message }: Disruption, now: number) {
  const type = 'DisruptionTarget'
  const before = findCondition(status?.conditions, type)
  const isMarked = before?.status === 'True'
  if (isMarked && before.reason === reason && before.message === message) return undefined
  const lastTransitionTime = isMarked ? before.lastTransitionTime : formatTime(now)
  return { type, status: 'True', observedGeneration: metadata.generation, reason, message, lastTransitionTime }
}

async function patchStatus({ metadata }: Pod, status: Partial<PodStatus>, client: Client): Promise<void> {
  const body = { metadata: { uid: metadata.uid }, status }
  const patch = { type: 'application/strategic-merge-patch+json', body } as const
  await client.patch(podKind, metadata as ObjectKey, patch, { subresource: 'status' })
}

/** Adds the DisruptionTarget condition, unless the pod has it. */
export async function markDisrupted(pod: Pod, disruption: Disruption, { client, now }: Deps): Promise<void> {
  const condition = disruptionTarget(pod, disruption, now)
  if (condition) await patchStatus(pod, { conditions: [condition] }, client)
}

/** Ends a pod in the books: nobody is left who could report its phase. */
export async function markFailed(pod: Pod, { client, now }: Deps, disruption?: Disruption): Promise<void> {
  const condition = disruption && disruptionTarget(pod, disruption, now)
  const observedGeneration = pod.metadata.generation
  const status = { phase: 'Failed', observedGeneration, ...(condition && { conditions: [condition] }) }
  await patchStatus(pod, status, client)
}
