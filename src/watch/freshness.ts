/** What a reader is told who asks for a revision that is gone, or that is still to come. */
import type { Clock } from '../machinery/clock.js'
import { gone, type StatusError, tooLargeResourceVersion } from '../machinery/status-error.js'
import type { Storage } from '../storage/storage.js'

/** How long a read waits for a revision: upstream's figure, in milliseconds. */
const patience = 3000

/** 410 for a watch from before what is remembered. */
export const expiredWatch = (revision: number, oldest: number): StatusError =>
  gone(`too old resource version: ${revision} (${oldest})`)

/** Resolves when the store has reached the revision, or with the 504 to answer when it has not in time; at once unless it `waits`. */
export async function waitForRevision(
  { storage, clock }: { storage: Storage; clock: Clock },
  wanted: number | bigint,
  waits = true,
): Promise<StatusError | undefined> {
  // Another server may have told of it.
  if (storage.revision() < wanted) await storage.sync?.()
  if (storage.revision() >= wanted) return undefined
  if (!waits) return tooLargeResourceVersion(wanted, storage.revision(), false)
  return new Promise(resolve => {
    const end = (error?: StatusError) => {
      timer.cancel()
      unsubscribe()
      resolve(error)
    }
    const timer = clock.after(patience, () => end(tooLargeResourceVersion(wanted, storage.revision())))
    const unsubscribe = storage.subscribe('/', storage.revision(), () => {
      if (storage.revision() >= wanted) end()
    })
  })
}
