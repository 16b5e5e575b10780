/** Creating and deleting pods on a controller's behalf, with the events upstream records about it. */

import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod, PodTemplateSpec } from '../../apis/generated/core-v1.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { cloneJson } from '../../machinery/clone.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { newControllerRef } from '../runtime/owner.js'

/** The longest pod name. */
const maxPrefix = 253

/** The pod that a template describes, controlled by `owner`; the server completes its name. */
export function newPodFromTemplate(template: PodTemplateSpec, ownerKind: KindRef, owner: KubernetesObject): Pod {
  const { labels = {}, annotations = {}, finalizers = [] } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: owner.metadata.namespace,
      generateName: prefixFor(owner.metadata.name ?? ''),
      labels: { ...labels },
      annotations: { ...annotations },
      ...(finalizers.length > 0 && { finalizers: [...finalizers] }),
      ownerReferences: [newControllerRef(ownerKind, owner)],
    },
    spec: cloneJson(template.spec ?? { containers: [] }),
  }
}

/** Upstream uses the name alone where name and dash would be no valid pod name. */
const prefixFor = (name: string) => (name.length + 1 > maxPrefix ? name : `${name}-`)

/** Creates the pod and tells so in an event about `owner`. */
export async function createPod(pod: Pod, owner: KubernetesObject, context: ReconcileContext): Promise<Pod> {
  const { client, recorder } = context
  try {
    const created = await client.create(podKind, pod)
    recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    return created
  } catch (error) {
    if (!isNamespaceTerminating(error))
      recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`)
    throw error
  }
}

/** Deletes this very pod, never a newer one of its name; one that is gone already is fine. */
export async function deletePod(pod: Pod, owner: KubernetesObject, context: ReconcileContext): Promise<void> {
  const { client, recorder } = context
  const { name, uid } = pod.metadata
  try {
    await client.delete(podKind, pod.metadata as ObjectKey, { preconditions: { uid } })
  } catch (error) {
    if (isReason(error, 'NotFound') || isReason(error, 'Conflict')) return
    recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${(error as Error).message}`)
    throw new Error(`unable to delete pods: ${(error as Error).message}`)
  }
  recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
}
