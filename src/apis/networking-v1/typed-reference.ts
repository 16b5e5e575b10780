/** Validation of references by API group, kind and name. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import { validateDnsSubdomain } from '../validation/text.js'

/** Required, and fit to stand in a path. */
export function* validatePathSegment(value: string | undefined, path: string): Generator<FieldError> {
  if (!value) yield required(path)
  else for (const message of nameIsPathSegment(value, false)) yield invalid(path, value, message)
}

export function* validateTypedReference(
  { apiGroup, kind, name }: { apiGroup?: string | null; kind: string; name: string },
  path: string,
): Generator<FieldError> {
  if (typeof apiGroup === 'string') yield* validateDnsSubdomain(apiGroup, `${path}.apiGroup`)
  yield* validatePathSegment(kind, `${path}.kind`)
  yield* validatePathSegment(name, `${path}.name`)
}
