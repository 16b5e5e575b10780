/** Upstream's BeforeDelete: preconditions, and what a grace period makes of a deletion. */
import { formatTime } from '../machinery/clock.js'
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject, ObjectMeta } from '../machinery/object-meta.js'
import type { DeleteOptions } from '../machinery/request.js'
import { conflict } from '../machinery/status-error.js'
import { validatedAs } from './create.js'

/** `graceful`: the changed object is to be stored. `pending`: it is on its way out already, and nothing changes. */
export type Grace = 'graceful' | 'pending' | 'none'

/** Upstream names the kind here where elsewhere it names the resource. */
const byKind = (kind: AnyKind) => ({
  group: validatedAs(kind).group,
  names: { plural: kind.kind, singular: kind.kind },
})

/** Throws 409 when the object is not the one, or not in the state, that the caller means. */
export function checkDeletePreconditions(kind: AnyKind, { metadata }: AnyObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const name = metadata.name ?? ''
  if (kind.strategy.ownPreconditions) checkOwnPreconditions(kind, metadata, options)
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      byKind(kind),
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      byKind(kind),
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}

/** In the words of upstream's storage. */
function checkOwnPreconditions(kind: AnyKind, { name = '', uid, resourceVersion }: ObjectMeta, options: DeleteOptions) {
  const wanted = options.preconditions ?? {}
  const failed = (what: string, given: string, found = '') =>
    conflict(kind, name, `Precondition failed: ${what} in precondition: ${given}, ${what} in object meta: ${found}`)
  if (wanted.uid !== undefined && wanted.uid !== uid) throw failed('UID', wanted.uid, uid)
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion)
    throw failed('ResourceVersion', wanted.resourceVersion, resourceVersion)
}

/** A hundred years, in seconds: the time of deletion stays one that can be printed. */
const longestPeriod = 100 * 365 * 24 * 60 * 60

/** Negative periods count as a second. What was asked for may be an integer beyond 2^53. */
const sensible = (seconds: number | undefined) =>
  seconds !== undefined && seconds < 0 ? 1 : seconds && Math.min(Number(seconds), longestPeriod)

/** Sets deletionTimestamp and grace period on `object`, a copy. `now` is in milliseconds. */
export function beginGrace(kind: AnyKind, object: AnyObject, options: DeleteOptions, now: number): Grace {
  const { metadata } = object
  const requested = sensible(options.gracePeriodSeconds)
  metadata.deletionGracePeriodSeconds = sensible(metadata.deletionGracePeriodSeconds)
  const { gracePeriodSeconds } = kind.strategy
  if (!gracePeriodSeconds) return 'none'
  if (metadata.deletionTimestamp) return shortenGrace(metadata, requested, now)
  const seconds = sensible(gracePeriodSeconds(object, requested))
  if (seconds === undefined) return 'none'
  metadata.deletionTimestamp = formatTime(now + seconds * 1000)
  metadata.deletionGracePeriodSeconds = seconds
  if (metadata.generation) metadata.generation++
  return 'graceful'
}

/** A second deletion may only hurry the first. */
function shortenGrace(metadata: ObjectMeta, requested: number | undefined, now: number): Grace {
  const period = metadata.deletionGracePeriodSeconds
  // Its removal failed half way: try again.
  if (!period) return 'none'
  if (requested === undefined || requested >= period) return 'pending'
  const deadline = Date.parse(metadata.deletionTimestamp!) + (requested - period) * 1000
  metadata.deletionTimestamp = formatTime(Math.max(deadline, now))
  // When all of a wanted grace has passed, the least that still lets its keeper end it.
  metadata.deletionGracePeriodSeconds = deadline < now && requested !== 0 ? 1 : requested
  return 'graceful'
}

/** For an object that finalizers keep though it has no grace period. */
export function markAsDeleting(metadata: ObjectMeta, now: number): void {
  const { deletionTimestamp } = metadata
  if (!deletionTimestamp && metadata.generation) metadata.generation++
  if (!deletionTimestamp || Date.parse(deletionTimestamp) > now) metadata.deletionTimestamp = formatTime(now)
  metadata.deletionGracePeriodSeconds = 0
}
