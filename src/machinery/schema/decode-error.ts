/** Errors of decoding, in Go's words. */
import { badRequest, type StatusError } from '../status-error.js'

export interface Mismatch {
  /** JSON's name of the value's type, a number that does not fit with its digits: `number 1.5`. */
  value: string
  /** What should be there, such as `[]v1.Container`. */
  goType: string
  /** The schema's name of that: `list`, `string`. */
  type: string
  format?: string
  /** The value is a number that is no int64. */
  isFloat?: boolean
}

/** A value has the wrong form. The message is complete, such as `json: cannot unmarshal string into Go struct field …`. */
export class DecodeError extends Error {
  constructor(
    message: string,
    /** Set when it is about a value of a wrong type. */
    readonly mismatch?: Mismatch,
  ) {
    super(message)
  }
}

/** Upstream's 400 for a body that does not fit its kind; `error` may also be a strict decoding error. */
export const cannotBeHandled = (kind: string, version: string, error: Error): StatusError =>
  badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`)

/** What `fieldValidation=Strict` makes of unknown and duplicate fields; joins messages such as `unknown field "spec.foo"`. */
export const strictDecodingError = (messages: readonly string[]): DecodeError =>
  new DecodeError(`strict decoding error: ${messages.join(', ')}`)
