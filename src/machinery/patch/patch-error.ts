/** How a patch that cannot be applied is answered. */
import { badRequest, StatusError } from '../status-error.js'

/** The patch is well formed but does not fit the object. Upstream hides the cause from its client; so do we. */
export const unprocessablePatch = (): StatusError =>
  new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})

/** Upstream passes some errors of strategic merge on as they are, a 500 without reason; here 400: see docs/decisions, "bad input is 4xx". */
export const unexplainedFailure = (message: string): StatusError => badRequest(message)
