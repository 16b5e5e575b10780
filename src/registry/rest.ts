/** The storage of one kind as the API server's verbs see it: upstream's rest.Storage, free of HTTP. */
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject, ObjectKey } from '../machinery/object-meta.js'
import type { DeleteOptions, ListOptions, UserInfo, WatchEventType } from '../machinery/request.js'
import type { Status } from '../machinery/status-error.js'

/** One revision of an object. It is serialized once: responses, log and watchers share the bytes. Never change `object`. */
export interface StoredObject {
  readonly object: AnyObject
  readonly revision: number
  /** JSON with apiVersion, kind and metadata.resourceVersion. */
  readonly bytes: Uint8Array
}

export interface StoredList {
  items: readonly StoredObject[]
  /** Of the snapshot. */
  revision: number
  continue?: string
  remainingItemCount?: number
}

export interface RegistryEvent {
  type: WatchEventType
  /** For DELETED the last state, at the revision of the deletion; for BOOKMARK only kind and resourceVersion. */
  stored: StoredObject
  /** ERROR only. */
  status?: Status
}

/** An object read and written within one request. */
export interface WriteScope {
  user: UserInfo
  dryRun: boolean
  /** `''` for the object itself. */
  subresource: string
  /** Mutating then validating admission, injected by the API server; called in upstream's order around the strategy. Both may throw a StatusError. */
  mutate?(object: AnyObject, old: AnyObject | undefined): Promise<void> | void
  admit?(object: AnyObject, old: AnyObject | undefined): Promise<void> | void
  /** Collects warnings for the client. */
  warn?(message: string): void
}

export interface DeleteScope extends Omit<WriteScope, 'mutate'> {}

/** Computes the new object from what is stored (a copy that may be changed); called again after a lost race. Undefined current: nothing is stored. */
export type Transform = (current: AnyObject | undefined) => AnyObject | Promise<AnyObject>

export interface DeleteResult {
  /** The object as it was removed, or as it is now while finalizers or a grace period keep it. */
  stored: StoredObject
  /** False while the object still exists. */
  removed: boolean
}

export interface Rest {
  readonly kind: AnyKind
  get(key: ObjectKey): Promise<StoredObject>
  list(namespace: string | undefined, options: ListOptions): Promise<StoredList>
  /** Ends when the signal aborts, the timeout passes, or (by an ERROR event) history is gone. */
  watch(namespace: string | undefined, options: ListOptions, signal: AbortSignal): Promise<AsyncIterable<RegistryEvent>>
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
