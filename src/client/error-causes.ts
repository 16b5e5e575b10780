/** What kind of failure a StatusError reports, beyond its reason. */
import { StatusError } from '../machinery/status-error.js'

/** True when one of the error's causes has this reason. */
export const hasCause = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && error.status.details?.causes?.some(cause => cause.reason === reason) === true

/** The write was refused because its namespace is being deleted; trying again is pointless. */
export const isNamespaceTerminating = (error: unknown): boolean => hasCause(error, 'NamespaceTerminating')
