/**
 * The revisioned key-value store that everything else stands on. Keys are laid out as upstream's (`/registry/pods/<ns>/<name>`).
 * Every write is one new revision of one sequence. Nothing is seen by readers or watchers before it is durable.
 */

export interface Stored {
  key: string
  /** The object as JSON, without metadata.resourceVersion: the revision is kept beside it, as upstream does. */
  bytes: Uint8Array
  createRevision: number
  modRevision: number
}

export interface StorageEvent {
  type: 'put' | 'delete'
  key: string
  revision: number
  /** The new value; for a delete, undefined. */
  current?: Stored
  /** What was there before; undefined for a creation. */
  previous?: Stored
}

export interface Page {
  items: Stored[]
  /** Revision of the snapshot the page was read from. */
  revision: number
  /** More keys follow the last item. */
  more: boolean
  /** How many keys follow the last item, where the engine knows. */
  remaining?: number
}

export interface StorageListOptions {
  /** Exact revision to read at; default: now. Throws RevisionCompacted when it is gone, RevisionInFuture when it is not there yet. */
  revision?: number
  limit?: number
  /** Start after this key. */
  after?: string
}

/** `expect`: the modRevision that must be there now, or 'absent'. Undefined: anything. */
export interface PutOptions {
  expect?: number | 'absent'
  /** Milliseconds after which an engine that can forget by itself may do so; others keep the key. */
  timeToLive?: number
}

export class KeyConflict extends Error {
  constructor(
    readonly key: string,
    /** What is there; undefined when nothing is. */
    readonly current: Stored | undefined,
  ) {
    super(`conflict on ${key}`)
  }
}

export class RevisionCompacted extends Error {
  constructor(readonly compacted: number) {
    super(`required revision has been compacted; oldest is ${compacted}`)
  }
}

export class RevisionInFuture extends Error {
  constructor(
    readonly wanted: number,
    readonly current: number,
  ) {
    super(`revision ${wanted} is in the future; current is ${current}`)
  }
}

/** What lies under a key cannot be read: it is damaged, or encrypted by a key that is not known. The message says which. */
export class UnreadableValue extends Error {
  constructor(
    readonly key: string,
    why: string,
  ) {
    super(why)
  }
}

/** Takes committed events in revision order, some at a time. It must not throw. */
export type StorageListener = (events: readonly StorageEvent[]) => void

export interface Storage {
  /** The newest durable revision. When it shows N, every subscriber has been handed all events up to N. */
  revision(): number
  /** The oldest revision that can still be listed, and after which a watch can start. */
  compacted(): number
  /**
   * Resolves when `revision()` shows every write, of whatever process, that was acknowledged before the call. Absent: it always
   * does, for nobody else writes.
   */
  sync?(): Promise<void>
  get(key: string): Promise<Stored | undefined>
  /** A page is a consistent snapshot, in key order. */
  list(prefix: string, options?: StorageListOptions): Promise<Page>
  /** Resolves when durable. The engine owns the bytes from here. Throws KeyConflict. */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<Stored>
  /** Resolves, with what was there, when durable; the event carries the new revision. Throws KeyConflict (also when absent). */
  delete(key: string, options?: { expect?: number }): Promise<{ previous: Stored; revision: number }>
  /** Every event of the prefix after `fromRevision`, in revision order, none missing, none twice, until the signal aborts. Throws RevisionCompacted. */
  watch(prefix: string, fromRevision: number, signal: AbortSignal): AsyncIterable<StorageEvent>
  /**
   * As watch, but pushed: the past is handed over before subscribe returns, then each commit before its writer hears of it.
   * Returns what ends it. Throws RevisionCompacted. `onLost`: events are missing from here on, list and subscribe again.
   */
  subscribe(prefix: string, fromRevision: number, listener: StorageListener, onLost?: () => void): () => void
  /**
   * Whether what lies under the key would be stored in another form now, such as by a newer key: then an update writes it even
   * though it changes nothing. Absent: never.
   */
  isStale?(key: string): Promise<boolean>
  /** Forgets history before the revision. */
  compact(revision: number): Promise<void>
  close(): Promise<void>
}
