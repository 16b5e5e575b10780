/** The storage of one kind as the API server's verbs see it: upstream's rest.Storage, free of HTTP. */
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject, ObjectKey } from '../machinery/object-meta.js'
import type { DeleteOptions, ListOptions, UserInfo, WatchEventType } from '../machinery/request.js'
import type { Status } from '../machinery/status-error.js'
import type { CacheStats } from '../watch/cache-stats.js'

/** One revision of an object. It is serialized once: responses, log and watchers share the bytes. Never change `object`. */
export interface StoredObject {
  readonly object: AnyObject
  readonly revision: number
  /** JSON with apiVersion, kind and metadata.resourceVersion. */
  readonly bytes: Uint8Array
  /** `bytes`, with what surrounds them on a line, where that takes less than joining them. */
  line?(surroundings: { before: Uint8Array; after: Uint8Array }): Uint8Array
  /** Nobody has written it since it was created. */
  readonly isFirst?: boolean
}

export interface StoredList {
  items: readonly StoredObject[]
  /** Of the snapshot. */
  revision: number
  continue?: string
  remainingItemCount?: number
}

export interface RegistryEvent {
  readonly type: WatchEventType
  /** For DELETED the last state, at the revision of the deletion; for BOOKMARK only kind and resourceVersion. */
  readonly stored: StoredObject
  /** ERROR only. */
  readonly status?: Status
  /** The event as a line of JSON, ready for the wire; made when first asked for and shared by all watchers of the event. */
  readonly frame: Uint8Array
}

/** Takes what is due, in order. Returning `false` pauses: nothing more comes until `resume`. */
export type RegistryEventListener = (batch: readonly RegistryEvent[]) => unknown

/**
 * Either `onEvents` or the iterator, not both. Pushing is cheapest: one call for all events of a commit, before its writer
 * is answered, so that a connection can gather them into one write. A consumer that lags too far behind is cut off, never
 * given a gap.
 */
export interface RegistryWatch extends AsyncIterable<RegistryEvent> {
  /** `onEnd` runs once, after the last event. */
  onEvents(listener: RegistryEventListener, onEnd: () => void): void
  resume(): void
  stop(): void
}

/** An object read and written within one request. */
export interface WriteScope {
  user: UserInfo
  dryRun: boolean
  /** `''` for the object itself. */
  subresource: string
  /** The object was made from the stored one by a patch: a wrong uid is an invalid field, not another object. */
  patched?: boolean
  /** Mutating then validating admission, injected by the API server; called in upstream's order around the strategy. Both may throw a StatusError. */
  mutate?(object: AnyObject, old: AnyObject | undefined): Promise<void> | void
  admit?(object: AnyObject, old: AnyObject | undefined): Promise<void> | void
  /** Collects warnings for the client. */
  warn?(message: string): void
}

export interface DeleteScope extends Omit<WriteScope, 'mutate'> {}

/**
 * Computes the new object from what is stored; called again after a lost race. `current` is a copy that may be changed, `stored` the
 * same as readers share it. Undefined: nothing is stored.
 */
export type Transform = (
  current: AnyObject | undefined,
  stored: AnyObject | undefined,
) => AnyObject | Promise<AnyObject>

export interface DeleteResult {
  /** The object as it was removed, or as it is now while finalizers or a grace period keep it. */
  stored: StoredObject
  /** False while the object still exists. */
  removed: boolean
}

export interface RestStats extends CacheStats {
  /** Lists that were answered, and the objects among their answers. */
  lists: number
  listed: number
}

export interface Rest {
  readonly kind: AnyKind
  /** Undefined while nobody has asked for a list or watch. */
  stats?(): RestStats | undefined
  /** `resourceVersion`: as it is then or later; waits for one to come, and throws 504 when it does not. */
  get(key: ObjectKey, resourceVersion?: string): Promise<StoredObject>
  list(namespace: string | undefined, options: ListOptions): Promise<StoredList>
  /** Ends when the signal aborts, the timeout passes, or (by an ERROR event) history is gone. */
  watch(namespace: string | undefined, options: ListOptions, signal: AbortSignal): Promise<RegistryWatch>
  /** `object` is decoded and defaulted; the registry owns it from here. */
  create(namespace: string | undefined, object: AnyObject, scope: WriteScope): Promise<StoredObject>
  update(key: ObjectKey, transform: Transform, scope: WriteScope): Promise<{ stored: StoredObject; created: boolean }>
  delete(key: ObjectKey, options: DeleteOptions, scope: DeleteScope): Promise<DeleteResult>
  deleteCollection(
    namespace: string | undefined,
    options: DeleteOptions,
    list: ListOptions,
    scope: DeleteScope,
  ): Promise<StoredList>
}
