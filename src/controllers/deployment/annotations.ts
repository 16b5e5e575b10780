/** The annotations by which a Deployment and its ReplicaSets remember revisions and sizes. */
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { maxReplicas, wanted } from './limits.js'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const historyAnnotation = 'deployment.kubernetes.io/revision-history'
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'
const maxAnnotation = 'deployment.kubernetes.io/max-replicas'
/** To which revision to go back; 0 is the last. */
export const rollbackAnnotation = 'deprecated.deployment.rollback.to'
/** About a hundred revisions. */
const maxHistoryLength = 2000

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  rollbackAnnotation,
])

type Annotations = Record<string, string>

/** An int64 upstream, so too large for a number; undefined where the text is none. */
export function parseRevision(text = '0'): bigint | undefined {
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined
}

/** 0 without the annotation, undefined where it cannot be read. */
export const revisionOf = ({ metadata }: ReplicaSet): bigint | undefined =>
  parseRevision(metadata.annotations?.[revisionAnnotation])

const count = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined)

/** The Deployment's size when it last scaled this ReplicaSet. */
export const desiredReplicasOf = ({ metadata }: ReplicaSet) => count(metadata.annotations?.[desiredAnnotation])
/** The most pods the Deployment could have when it last scaled this ReplicaSet. */
export const maxReplicasOf = ({ metadata }: ReplicaSet) => count(metadata.annotations?.[maxAnnotation])

/** What a ReplicaSet is told about the size of its Deployment. */
export const sizeAnnotations = (deployment: Deployment): Annotations => ({
  [desiredAnnotation]: String(wanted(deployment)),
  [maxAnnotation]: String(maxReplicas(deployment)),
})

/**
 * Annotations of the newest ReplicaSet: the Deployment's own, and `revision` if it is higher than what is there. A revision
 * that is replaced goes to the history: the Deployment was rolled back to it.
 */
export function newestAnnotations(
  deployment: Deployment,
  existing: Annotations | undefined,
  revision: bigint,
): Annotations {
  const result: Annotations = { ...existing }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {}))
    if (!notCopied.has(key)) result[key] = value
  const before = existing?.[revisionAnnotation]
  const current = parseRevision(before)
  if (current === undefined || current >= revision) return result
  result[revisionAnnotation] = String(revision)
  if (before !== undefined) result[historyAnnotation] = withRevision(existing?.[historyAnnotation], before)
  return result
}

/** Appends, forgetting the oldest where the text would grow too long. */
function withRevision(history: string | undefined, revision: string): string {
  if (!history) return revision
  const revisions = [...history.split(','), revision]
  while (revisions.length > 1 && revisions.join(',').length > maxHistoryLength) revisions.shift()
  return revisions.join(',')
}

/** Of a Deployment that goes back: what users wrote is as it was at that revision. */
export const rolledBackAnnotations = ({ metadata }: Deployment, { metadata: former }: ReplicaSet): Annotations => {
  const pick = (annotations: Annotations = {}, copied: boolean) =>
    Object.entries(annotations).filter(([key]) => notCopied.has(key) !== copied)
  return Object.fromEntries([...pick(metadata.annotations, false), ...pick(former.annotations, true)])
}
