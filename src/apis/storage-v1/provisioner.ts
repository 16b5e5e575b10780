/** Checks that storage classes and volume attributes classes share: who provisions, and with which parameters. */
import { type FieldError, invalid, required, tooLong } from '../../machinery/field-error.js'
import { validateQualifiedName } from '../validation/text.js'

const maxParameters = 512
const maxParametersSize = 256 * 1024

/** A qualified name; upstream lowers its case first. */
export function* validateProvisioner(name: string, path: string): Generator<FieldError> {
  if (!name) yield required(path)
  else yield* validateQualifiedName(name.toLowerCase(), path)
}

export function* validateParameters(parameters: Readonly<Record<string, string>> = {}): Generator<FieldError> {
  const entries = Object.entries(parameters)
  if (entries.length > maxParameters) {
    yield tooLong('parameters', maxParameters)
    return
  }
  if (entries.some(([key]) => !key)) yield invalid('parameters', '', 'field can not be empty.')
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  if (size > maxParametersSize) yield tooLong('parameters', maxParametersSize)
}
