/** Errors of decoding, in Go's words. */
import { badRequest, type StatusError } from '../status-error.js'

/** A value has the wrong form. The message is complete, such as `json: cannot unmarshal string into Go struct field …`. */
export class DecodeError extends Error {}

/** Upstream's 400 for a body that does not fit its kind; `error` may also be a strict decoding error. */
export const cannotBeHandled = (kind: string, version: string, error: Error): StatusError =>
  badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`)

/** What `fieldValidation=Strict` makes of unknown and duplicate fields; joins messages such as `unknown field "spec.foo"`. */
export const strictDecodingError = (messages: readonly string[]): DecodeError =>
  new DecodeError(`strict decoding error: ${messages.join(', ')}`)
