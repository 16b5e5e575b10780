/** Whose an Ingress is: ours by its class, by the annotation of old, or because nobody is named. */

import type { Ingress, IngressClass } from '../../apis/generated/networking-v1.js'
import { ingressClass } from '../../apis/networking-v1/index.js'
import type { Client } from '../../client/client.js'
import { isReason } from '../../machinery/status-error.js'

/** In `spec.controller` of classes that are served here. */
const controllerName = 'minik8s.dev/ingress'
/** The class that is there from the start. */
const className = 'minik8s'
const classAnnotation = 'kubernetes.io/ingress.class'

/** `classNamed` finds classes. The API server fills in a default class where there is one. */
export function isServed({ metadata, spec }: Ingress, classNamed: (name: string) => IngressClass | undefined): boolean {
  const name = spec.ingressClassName ?? metadata.annotations?.[classAnnotation]
  return !name || classNamed(name)?.spec.controller === controllerName
}

/** Creates our class; one of that name that is there stays as it is. */
export async function ensureIngressClass(client: Client): Promise<void> {
  await client
    .create(ingressClass, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: className },
      spec: { controller: controllerName },
    })
    .catch(error => {
      if (!isReason(error, 'AlreadyExists')) throw error
    })
}
