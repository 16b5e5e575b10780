/**
 * Follows one kind: a consistent list, then a watch from its revision, for ever. A watch that ends is resumed from the last
 * revision seen; one whose history is gone (410) is begun again with a list. Failures wait with growing, jittered delays.
 */
import type { Clock, Random } from '../machinery/clock.js'
import type { KindRef } from '../machinery/kind.js'
import type { AnyObject, KubernetesObject } from '../machinery/object-meta.js'
import type { ListOptions, WatchEvent } from '../machinery/request.js'
import { type Status, StatusError } from '../machinery/status-error.js'
import type { Logger } from '../telemetry/logger.js'
import { type Backoff, newBackoff, reflectorBackoff, sleep } from './backoff.js'
import type { Client } from './client.js'

/** Which objects to follow. */
export interface Selection {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

/** Where a reflector delivers; calls come in revision order. */
export interface ReflectorSink<T> {
  /** The whole state at a revision. */
  replace(items: readonly T[], resourceVersion: string): void
  upsert(object: T): void
  remove(object: T): void
  /** Everything up to this revision has been delivered. */
  bookmark(resourceVersion: string): void
}

export interface ReflectorDeps {
  client: Client
  clock: Clock
  random: Random
  log: Logger
}

/** Watches are asked to end after 5 to 10 minutes, as client-go does, so that load spreads again after a server restart. */
const minWatchSeconds = 300
/** A watch that ends sooner than this without an event counts as a failure. */
const shortWatchMs = 1_000

const isExpired = (error: unknown) =>
  error instanceof StatusError && (error.code === 410 || error.reason === 'Expired' || error.reason === 'Gone')

const errorOf = (object: unknown): StatusError => {
  const status = object as Partial<Status>
  return new StatusError(status.code ?? 500, status.reason ?? '', status.message ?? 'watch failed', status.details)
}

/** Runs until the signal aborts; never rejects. */
export async function runReflector<T extends KubernetesObject>(
  kind: KindRef<T>,
  selection: Selection,
  sink: ReflectorSink<T>,
  deps: ReflectorDeps & { signal: AbortSignal },
): Promise<void> {
  const { client, clock, log, signal } = deps
  const backoff = newBackoff(reflectorBackoff, deps)
  // '0' accepts what a cache has; after a 410 only the newest state will do.
  let listFrom = '0'
  while (!signal.aborted) {
    try {
      const list = await client.list(kind, { ...selection, resourceVersion: listFrom })
      if (signal.aborted) return
      const from = list.metadata.resourceVersion ?? ''
      sink.replace(list.items, from)
      listFrom = await new Watcher(kind, selection, sink, deps, backoff).follow(from)
      if (listFrom === '') await sleep(clock, backoff.next(), signal)
    } catch (error) {
      if (signal.aborted) return
      if (isExpired(error)) listFrom = ''
      log.warn({ resource: kind.names.plural, err: String(error) }, 'Could not list; will try again')
      await sleep(clock, backoff.next(), signal)
    }
  }
}

class Watcher<T extends KubernetesObject> {
  private revision = ''
  private events = 0

  constructor(
    private readonly kind: KindRef<T>,
    private readonly selection: Selection,
    private readonly sink: ReflectorSink<T>,
    private readonly deps: ReflectorDeps & { signal: AbortSignal },
    private readonly backoff: Backoff,
  ) {}

  /** Watches, resuming as long as the server knows the revision; resolves with the revision to list from. */
  async follow(from: string): Promise<string> {
    const { clock, signal, log } = this.deps
    this.revision = from
    while (!signal.aborted) {
      const started = clock.monotonic()
      this.events = 0
      try {
        await this.watchOnce()
        if (this.events === 0 && clock.monotonic() - started < shortWatchMs) await this.pause()
      } catch (error) {
        if (signal.aborted) break
        if (isExpired(error)) return ''
        log.debug({ resource: this.kind.names.plural, err: String(error) }, 'Watch failed; will resume')
        await this.pause()
      }
    }
    return this.revision
  }

  private pause = () => sleep(this.deps.clock, this.backoff.next(), this.deps.signal)

  private async watchOnce(): Promise<void> {
    const { client, random, signal } = this.deps
    const options: ListOptions & Selection = {
      ...this.selection,
      resourceVersion: this.revision,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.floor(minWatchSeconds * (1 + random.next())),
    }
    for await (const event of await client.watch(this.kind, options, signal)) {
      if (signal.aborted) return
      this.deliver(event)
    }
  }

  private deliver({ type, object }: WatchEvent<T>): void {
    if (type === 'ERROR') throw errorOf(object as unknown as AnyObject)
    this.events++
    if (type === 'DELETED') this.sink.remove(object)
    else if (type !== 'BOOKMARK') this.sink.upsert(object)
    this.revision = object.metadata.resourceVersion ?? this.revision
    this.sink.bookmark(this.revision)
  }
}
