/** The annotation of kubectl's client-side apply: read when server-side apply takes over, and kept up to date afterwards. */
import { goJson } from '../json/go-json.js'
import type { AnyObject } from '../object-meta.js'
import { maxAnnotationBytes } from '../object-meta-validation.js'
import { compareObjects } from './compare.js'
import { difference, type FieldSet } from './field-set.js'
import { fieldSetOf } from './field-set-of.js'
import type { MergeContext } from './merge-context.js'
import { checkApplied } from './validate-applied.js'

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** The manager that kubectl applies as: only it inherits from the annotation. */
export const kubectlManager = 'kubectl'

/** Fields that client-side apply set and nobody has changed since; undefined when the annotation cannot tell. */
export function fieldsOfLastApplied({ type, apiVersion }: MergeContext, live: AnyObject): FieldSet | undefined {
  const text = live.metadata.annotations?.[lastAppliedAnnotation]
  if (!text) return undefined
  try {
    const applied = JSON.parse(text) as AnyObject
    if (applied.apiVersion !== apiVersion) return undefined
    checkApplied(type, live)
    checkApplied(type, applied)
    const { changed, removed } = compareObjects(type, applied, live)
    return difference(difference(fieldSetOf(type, applied), changed), removed)
  } catch {
    // Whoever wrote the annotation, it is no reason to refuse an apply.
    return undefined
  }
}

/** Go prints maps with sorted keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

function annotationOf(applied: AnyObject): string {
  const { annotations, ...metadata } = applied.metadata ?? {}
  const { [lastAppliedAnnotation]: _own, ...others } = annotations ?? {}
  const object = { ...applied, metadata: annotations ? { ...metadata, annotations: others } : metadata }
  return `${goJson(sorted(object))}\n`
}

/** Where `object` has the annotation, it tells what was applied now; left out when that is too long. Changes `object`. */
export function refreshLastApplied(object: AnyObject, applied: AnyObject): void {
  const { annotations } = object.metadata
  if (!annotations?.[lastAppliedAnnotation]) return
  annotations[lastAppliedAnnotation] = annotationOf(applied)
  let size = 0
  for (const [key, value] of Object.entries(annotations)) size += Buffer.byteLength(key) + Buffer.byteLength(value)
  if (size > maxAnnotationBytes) delete annotations[lastAppliedAnnotation]
}
