/** Events about one container of a pod, or about the pod itself. */

import type { Pod } from '../apis/generated/core-v1.js'
import { type EventRecorder, referenceTo } from '../client/event-recorder.js'
import { containerFieldPath } from './pods/pod.js'

export interface ContainerEvents {
  normal(reason: string, message: string): void
  warning(reason: string, message: string): void
}

/** Without a container the events are about the pod. */
export function eventsFor(recorder: EventRecorder, pod: Pod, container?: string): ContainerEvents {
  const typed = { ...pod, apiVersion: 'v1', kind: 'Pod' }
  const reference = referenceTo(typed, container === undefined ? undefined : containerFieldPath(pod, container))
  return {
    normal: (reason, message) => recorder.event(reference, 'Normal', reason, message),
    warning: (reason, message) => recorder.event(reference, 'Warning', reason, message),
  }
}
