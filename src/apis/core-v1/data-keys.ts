/** Checks that ConfigMaps and Secrets share: keys, size, and what `immutable` forbids. */
import { type FieldError, forbidden, invalid } from '../../machinery/field-error.js'
import { isConfigMapKey } from '../../machinery/names.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { semanticEqual } from '../validation/semantic-equal.js'

/** 1 MiB of data, all keys together. */
export const maxDataBytes = 1024 * 1024

/** Bytes that a base64 text stands for. */
export const decodedLength = (text: string): number => Buffer.byteLength(text, 'base64')

export function* validateDataKeys(
  data: Readonly<Record<string, string>> | undefined,
  path: string,
): Generator<FieldError> {
  for (const key in data) for (const message of isConfigMapKey(key)) yield invalid(`${path}[${key}]`, key, message)
}

interface Immutable {
  immutable?: boolean
}

const mayNotChange = 'field is immutable when `immutable` is set'

/** Once set, `immutable` stays, and the named fields with it. */
export function* validateImmutable<T extends Immutable>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): Generator<FieldError> {
  if (!old.immutable) return
  if (!object.immutable) yield forbidden('immutable', mayNotChange)
  // Upstream tells a map that is empty from none, which is all that is stored.
  for (const field of fields)
    if (!semanticEqual(object[field], old[field]) || givenEmpty(object, field)) yield forbidden(field, mayNotChange)
}
