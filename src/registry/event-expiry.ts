/** Forgets events after their time, as upstream does by leases in etcd: an hour after they were written last. */
import type { Clock, Timer } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { isReason } from '../machinery/status-error.js'
import type { Rest, StoredObject, WriteScope } from './rest.js'

export interface EventExpiryOptions {
  /** Of core/v1 events. */
  events: Rest
  clock: Clock
  /** Milliseconds; upstream's `--event-ttl` is an hour. */
  timeToLive?: number
}

/** Upstream's, in milliseconds. */
export const eventTimeToLive = 60 * 60_000
/** How late an event may go. */
const sweepInterval = 5 * 60_000

interface StoredEvent extends AnyObject {
  eventTime?: string | null
  lastTimestamp?: string | null
  series?: { lastObservedTime?: string | null } | null
}

/** The latest of its times: a repeated event begins anew. */
function lastWritten({ metadata, eventTime, lastTimestamp, series }: StoredEvent): number {
  const times = [metadata.creationTimestamp, eventTime, lastTimestamp, series?.lastObservedTime]
  return Math.max(...times.map(time => (time && Date.parse(time)) || 0))
}

const scope: WriteScope = { user: { name: 'system:apiserver', groups: [] }, dryRun: false, subresource: '' }

async function sweep({ events, clock, timeToLive = eventTimeToLive }: EventExpiryOptions): Promise<void> {
  const due = (item: StoredObject) => lastWritten(item.object as StoredEvent) + timeToLive <= clock.now()
  const { items } = await events.list(undefined, {})
  for (const { object } of items.filter(due)) {
    const { name = '', namespace, resourceVersion } = object.metadata
    try {
      await events.delete({ name, namespace }, { preconditions: { resourceVersion } }, scope)
    } catch (error) {
      // Gone already, or seen again meanwhile.
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    }
  }
}

/** Returns what ends it. `onError` hears of a sweep that failed; the next one tries again. */
export function startEventExpiry(options: EventExpiryOptions, onError: (error: unknown) => void): () => void {
  let timer: Timer
  let stopped = false
  const schedule = () => {
    if (!stopped) timer = options.clock.after(sweepInterval, () => void sweep(options).catch(onError).then(schedule))
  }
  schedule()
  return () => {
    stopped = true
    timer.cancel()
  }
}
