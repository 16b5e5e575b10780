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

/**
 * Once set, `immutable` stays, and the named fields with it. Upstream tells a map that was sent empty from none, which is all that is
 * stored, but for those among them that have the empty map for a default.
 */
export function* validateImmutable<T extends Immutable>(
  object: T,
  old: T,
  fields: Partial<Record<keyof T & string, { default?: 'empty' }>>,
): Generator<FieldError> {
  if (!old.immutable) return
  if (!object.immutable) yield forbidden('immutable', mayNotChange)
  for (const field of Object.keys(fields) as (keyof T & string)[]) {
    const cameEmpty = fields[field]?.default !== 'empty' && givenEmpty(object, field)
    if (cameEmpty || !semanticEqual(object[field], old[field])) yield forbidden(field, mayNotChange)
  }
}
