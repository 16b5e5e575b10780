/** Sees to it, while the server runs, that what every cluster has at its start is still there and as it should be. */
import type { Timer } from '../machinery/clock.js'
import { isReason } from '../machinery/status-error.js'
import { type BootstrapDeps, restore } from './bootstrap.js'
import { type ServerEndpoint, tokenTrackingKey } from './bootstrap-objects.js'

/** How often upstream looks at the service `kubernetes`. */
const lookMs = 10_000
/** Servers that do not note the use of tokens delete the note: that must not become a fight. */
const trackingPauseMs = 1_800_000

export interface UpkeepDeps extends BootstrapDeps {
  clientCa: string
  /** As it is now. */
  endpoint(): ServerEndpoint
  /** Ends it. */
  signal: AbortSignal
}

/** Goes on until the signal aborts. */
export function keepUp(deps: UpkeepDeps): void {
  const { rests, clock, log, signal, endpoint, clientCa, requestHeader } = deps
  let trackedSince: number | undefined
  const mayTrack = async () => {
    const note = await rests
      .find('', 'v1', 'configmaps')
      ?.get(tokenTrackingKey)
      .catch(error => {
        if (!isReason(error, 'NotFound')) throw error
        return undefined
      })
    if (note) trackedSince = Date.parse(note.object.metadata.creationTimestamp ?? '')
    return note !== undefined || trackedSince === undefined || clock.now() - trackedSince >= trackingPauseMs
  }
  const look = async () => {
    const facts = { endpoint: endpoint(), clientCa, ...(requestHeader && { requestHeader }) }
    await restore(facts, deps, { tracking: await mayTrack() })
  }
  let timer: Timer | undefined
  const again = () => {
    if (signal.aborted) return
    timer = clock.after(lookMs, () => {
      look()
        .catch(error => log.warn({ error: String(error) }, 'Cannot look after the objects of the system'))
        .finally(again)
    })
  }
  signal.addEventListener('abort', () => timer?.cancel(), { once: true })
  again()
}
