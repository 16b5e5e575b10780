/** Validation of references to the object that is scaled or measured. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { CrossVersionObjectReference } from '../generated/autoscaling-v2.js'

/** Kind and name, each fit to stand in a path. */
export function* validateReference(reference: CrossVersionObjectReference, path: string): Generator<FieldError> {
  for (const field of ['kind', 'name'] as const) {
    const value = reference[field]
    if (!value) yield required(`${path}.${field}`)
    else for (const message of nameIsPathSegment(value, false)) yield invalid(`${path}.${field}`, value, message)
  }
}

/** A group and version; the core group only where it makes sense. */
export function* referenceVersionErrors(
  { apiVersion = '' }: CrossVersionObjectReference,
  path: string,
  { allowCore }: { allowCore: boolean },
): Generator<FieldError> {
  const parts = apiVersion.split('/')
  if (parts.length > 2) yield invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
  else if (!allowCore && !(parts.length === 2 && parts[0]))
    yield invalid(`${path}.apiVersion`, apiVersion, 'apiVersion must specify API group')
}
