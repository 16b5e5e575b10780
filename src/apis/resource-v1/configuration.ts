/** Configuration of devices: parameters that only their driver understands. */
import { type FieldError, invalid, required, tooLong } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { validateCsiDriverName } from '../core-v1/pod-spec/volumes/csi.js'
import type { OpaqueDeviceConfiguration } from '../generated/resource-v1.js'

const maxParameters = 10 * 1024

interface Raw {
  value: unknown
  path: string
  /** It is stored already: its size no longer matters. */
  stored: boolean
}

/** A JSON object of at most 10 KiB. */
export function* validateRawObject({ value, path, stored }: Raw): Generator<FieldError> {
  if (value === undefined || value === null) yield required(path)
  else if (!stored && Buffer.byteLength(stringifyJson(value)) > maxParameters) yield tooLong(path, maxParameters)
  else if (typeof value !== 'object' || Array.isArray(value))
    yield invalid(path, '<value omitted>', 'must be a valid JSON object')
}

export function* validateConfiguration(
  { opaque }: { opaque?: OpaqueDeviceConfiguration },
  path: string,
  stored: boolean,
): Generator<FieldError> {
  if (!opaque) {
    yield required(`${path}.opaque`)
    return
  }
  yield* validateCsiDriverName(opaque.driver ?? '', `${path}.opaque.driver`)
  yield* validateRawObject({ value: opaque.parameters, path: `${path}.opaque.parameters`, stored })
}
