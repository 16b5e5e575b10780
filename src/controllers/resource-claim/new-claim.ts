/** The ResourceClaim that a template in a pod asks for. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ResourceClaim, ResourceClaimTemplate } from '../../apis/generated/resource-v1.js'
import { newControllerRef } from '../runtime/owner.js'

/** Of generated claims: which entry of the pod's spec it is for. */
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name'

/** The server adds five characters, and no name is longer than a label. */
const maxPrefix = 57

/** Both names are cut in proportion where they are too long: neither is lost. */
export function claimPrefix(pod: string, entry: string): string {
  const whole = `${pod}-${entry}-`
  if (whole.length <= maxPrefix) return whole
  const cut = (text: string) => text.slice(0, Math.floor((text.length * maxPrefix) / whole.length))
  return `${cut(pod)}-${cut(entry)}`
}

export function newClaim(pod: Pod, entry: string, template: ResourceClaimTemplate): ResourceClaim {
  const { metadata: { annotations, labels } = {}, spec } = template.spec
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      namespace: pod.metadata.namespace ?? '',
      generateName: claimPrefix(pod.metadata.name ?? '', entry),
      ownerReferences: [newControllerRef(podKind, pod)],
      annotations: { ...annotations, [podClaimAnnotation]: entry },
      ...(labels && { labels }),
    },
    spec,
  }
}
