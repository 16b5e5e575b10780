/** Keeps a part of the server in step with what is stored of one resource, across the ends of its watches. */
import type { Clock } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { RegistryEvent, Rest } from '../registry/rest.js'
import type { Logger } from '../telemetry/logger.js'

const initialEventsEnd = 'k8s.io/initial-events-end'
const fromTheBeginning = {
  sendInitialEvents: true,
  resourceVersionMatch: 'NotOlderThan',
  allowWatchBookmarks: true,
} as const

/** Milliseconds until a watch that could not be begun is tried again: a store that is away comes back. */
const pause = 1000

/** Takes each object that is new, changed or gone. */
export type ApplyObject = (object: AnyObject, removed: boolean) => void

/** Remembers what is known by key, so that a watch begun anew can tell what vanished meanwhile. */
class ResourceMirror {
  #known = new Map<string, AnyObject>()
  #seen: Map<string, AnyObject> | undefined = new Map()

  constructor(
    readonly rest: Rest,
    readonly apply: ApplyObject,
  ) {}

  /** True when the initial events are through. */
  take({ type, stored }: RegistryEvent): boolean {
    const { object } = stored
    if (type === 'BOOKMARK') {
      if (!object.metadata.annotations?.[initialEventsEnd]) return false
      this.#forgetVanished()
      return true
    }
    if (type === 'ERROR') return false
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`
    const removed = type === 'DELETED'
    if (removed) this.#known.delete(key)
    else this.#known.set(key, object)
    if (!removed) this.#seen?.set(key, object)
    this.apply(object, removed)
    return false
  }

  #forgetVanished(): void {
    for (const [key, object] of this.#known) {
      if (this.#seen?.has(key)) continue
      this.#known.delete(key)
      this.apply(object, true)
    }
    this.#seen = undefined
  }

  /** Resolves when the watch has ended. */
  async follow(signal: AbortSignal, onSynced: () => void): Promise<void> {
    this.#seen = new Map()
    const events = await this.rest.watch(undefined, fromTheBeginning, signal)
    await new Promise<void>(resolve => {
      events.onEvents(batch => {
        for (const event of batch) if (this.take(event)) onSynced()
      }, resolve)
    })
  }
}

export interface FollowOptions {
  apply: ApplyObject
  clock: Clock
  log: Logger
  signal: AbortSignal
}

/** Resolves when all that is stored is known, and goes on until the signal aborts; rejects when the first watch cannot be begun. */
export function followResource(rest: Rest, { apply, clock, log, signal }: FollowOptions): Promise<void> {
  const resource = rest.kind.names.plural
  const mirror = new ResourceMirror(rest, apply)
  return new Promise<void>((resolve, reject) => {
    const loop = async () => {
      await mirror.follow(signal, resolve)
      while (!signal.aborted) {
        log.info({ resource }, 'Watch ended, beginning anew')
        await mirror.follow(signal, resolve).catch(async error => {
          log.warn({ resource, error: String(error) }, 'Cannot watch, trying again')
          await new Promise<void>(again => void clock.after(pause, again))
        })
      }
    }
    loop().catch(reject)
  })
}
