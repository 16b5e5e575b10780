/** Saying in a pod's status why the system ends it. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { formatTime } from '../../machinery/clock.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { findCondition } from '../runtime/conditions.js'

export interface Disruption {
  reason: string
  message: string
  /** Also end the pod in the books: nobody is left who could report its phase. */
  phase?: 'Failed'
}

/** Adds the DisruptionTarget condition, unless the pod has it. */
export async function markDisrupted(
  pod: Pod,
  disruption: Disruption,
  deps: { client: Client; now: number },
): Promise<void> {
  const { phase, reason, message } = disruption
  const before = findCondition(pod.status?.conditions, 'DisruptionTarget')
  const isMarked = before?.status === 'True' && before.reason === reason && before.message === message
  if (isMarked && (!phase || pod.status?.phase === phase)) return
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason,
    message,
    lastTransitionTime: formatTime(deps.now),
  }
  const body = { metadata: { uid: pod.metadata.uid }, status: { ...(phase && { phase }), conditions: [condition] } }
  const patch = { type: 'application/strategic-merge-patch+json', body } as const
  await deps.client.patch(podKind, pod.metadata as ObjectKey, patch, { subresource: 'status' })
}
