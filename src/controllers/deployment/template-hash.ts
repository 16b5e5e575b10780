/** Telling pod templates apart, and naming the ReplicaSet of each. */
import type { PodTemplateSpec } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { canonicalJson, fnv32a, safeEncode } from '../runtime/fnv.js'

/** The label that keeps the pods of a Deployment's revisions apart. */
export const podTemplateHash = 'pod-template-hash'
const maxNameLength = 253

/**
 * Hash of a template, different for each collision count. Upstream hashes Go's printed form of the structure, which no
 * other program can reproduce; this one hashes canonical JSON and looks the same.
 */
export const hashTemplate = (template: PodTemplateSpec, collisionCount: number | undefined): string =>
  safeEncode(String(fnv32a(canonicalJson(template) + (collisionCount === undefined ? '' : `#${collisionCount}`))))

/** Maps that are empty are not there, as on the wire of a Go server. */
function comparable({ metadata = {}, spec }: PodTemplateSpec): unknown {
  const { [podTemplateHash]: _, ...labels } = metadata.labels ?? {}
  const filled = (map: object | undefined) => (Object.keys(map ?? {}).length > 0 ? map : undefined)
  return { metadata: { ...metadata, labels: filled(labels), annotations: filled(metadata.annotations) }, spec }
}

/** True when both make the same pods; the hash label does not count. */
export const equalTemplates = (a: PodTemplateSpec, b: PodTemplateSpec): boolean =>
  semanticEqual(comparable(a), comparable(b))

/** `<deployment>-<hash>`, the deployment's part cut where the name would be too long. */
export const replicaSetName = (deployment: string, hash: string): string =>
  `${deployment.slice(0, maxNameLength - 1 - hash.length)}-${hash}`
