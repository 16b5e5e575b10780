/** Volume sources whose check is mostly that some fields are there. */
import { type FieldError, invalid, required } from '../../../../machinery/field-error.js'

/** Yields `Required value` for each field that is absent, empty text or an empty list. */
export function* requireFields<T extends object>(
  source: T,
  fields: readonly (keyof T & string)[],
  path: string,
): Generator<FieldError> {
  for (const field of fields) {
    const value = source[field] as unknown
    if (!value || (Array.isArray(value) && !value.length)) yield required(`${path}.${field}`)
  }
}

/** A reference to a secret must name it, and in persistent volumes its namespace too. */
export function* requireReference(
  reference: { name?: string; namespace?: string } | undefined,
  fields: readonly ('name' | 'namespace')[],
  path: string,
): Generator<FieldError> {
  if (reference) yield* requireFields(reference, fields, path)
}

/** 0 (the whole disk) to 255; the message leaves 0 out, as upstream's does. */
export function* validatePartition(partition: number | undefined, path: string): Generator<FieldError> {
  if (partition !== undefined && (partition < 0 || partition > 255))
    yield invalid(path, partition, 'must be between 1 and 255, inclusive')
}

/** A logical unit number, 0 to 255. */
export function* validateLun(lun: number | undefined, path: string): Generator<FieldError> {
  if (lun !== undefined && (lun < 0 || lun > 255)) yield invalid(path, lun, 'must be between 0 and 255, inclusive')
}
