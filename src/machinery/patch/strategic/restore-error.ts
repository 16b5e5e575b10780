/** Words errors of decoding as upstream does after a strategic merge or an apply, which restore objects from maps and not from JSON. */
import type { DecodeError, Mismatch } from '../../schema/decode-error.js'

const kinds: Readonly<Record<string, string>> = { array: 'slice', object: 'map', number: 'int64' }
const containers: Readonly<Record<string, string>> = {
  object: 'cannot restore struct from:',
  list: 'cannot restore slice from',
  bytes: 'cannot restore slice from',
  map: 'cannot restore map from',
}
const basicTypes: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool' }

function describe({ value, goType, type, format, isFloat }: Mismatch): string {
  const kind = isFloat || value.startsWith('number ') ? 'float64' : (kinds[value] ?? value)
  if (containers[type]) return `${containers[type]} ${kind}`
  const converts = (type === 'string' && kind === 'int64') || (type === 'integer' && kind === 'float64')
  if (converts) return `cannot convert ${kind} to ${goType}`
  return `unrecognized type: ${basicTypes[type] ?? format ?? goType}`
}

/** The message of an error that is not about a type stays; types that read themselves do not know in which field they stand. */
export function restoreError({ mismatch, message }: DecodeError): string {
  if (!mismatch) return message.startsWith('illegal base64 data') ? `error decoding from json: ${message}` : message
  const { value, goType, type } = mismatch
  if (containers[type] || ['string', 'boolean', 'integer', 'number'].includes(type)) return describe(mismatch)
  return `json: cannot unmarshal ${value} into Go value of type ${goType}`
}
