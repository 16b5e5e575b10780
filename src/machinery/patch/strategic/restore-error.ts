/** Words errors of decoding as upstream does after a strategic merge, which restores objects from maps and not from JSON. */
import type { DecodeError, Mismatch } from '../../schema/decode-error.js'

const kinds: Readonly<Record<string, string>> = { array: 'slice', object: 'map', number: 'int64' }
const containers: Readonly<Record<string, string>> = {
  object: 'cannot restore struct from:',
  list: 'cannot restore slice from',
  map: 'cannot restore map from',
}
const basicTypes: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool' }

function describe({ value, goType, type, format }: Mismatch): string {
  const kind = value.startsWith('number ') ? 'float64' : (kinds[value] ?? value)
  if (containers[type]) return `${containers[type]} ${kind}`
  const converts = (type === 'string' && kind === 'int64') || (type === 'integer' && kind === 'float64')
  if (converts) return `cannot convert ${kind} to ${goType}`
  return `unrecognized type: ${basicTypes[type] ?? format ?? goType}`
}

/** The message of an error that is not about a type stays. */
export const restoreError = ({ mismatch, message }: DecodeError): string =>
  mismatch && (containers[mismatch.type] || ['string', 'boolean', 'integer'].includes(mismatch.type))
    ? describe(mismatch)
    : message
