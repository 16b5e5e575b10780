/** Checks of annotations wherever metadata is embedded: upstream's ValidateAnnotations. */
import { type FieldError, invalid, tooLong } from '../../machinery/field-error.js'
import { isQualifiedName } from '../../machinery/names.js'

const maxBytes = 256 * 1024

/** Keys (their case does not matter) and the size of all together. */
export function* validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): Generator<FieldError> {
  let size = 0
  for (const key in annotations) {
    for (const message of isQualifiedName(key.toLowerCase())) yield invalid(path, key, message)
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '')
  }
  if (size > maxBytes) yield tooLong(path, maxBytes)
}
