/** The built-in engine: all objects in memory, every write in a log on disk before anyone hears of it. */
import type { Clock } from '../../machinery/clock.js'
import { startAging } from '../aging.js'
import type { EventWindow } from '../event-window.js'
import {
  KeyConflict,
  type Page,
  type PutOptions,
  RevisionCompacted,
  RevisionInFuture,
  type Storage,
  type StorageEvent,
  type StorageListener,
  type StorageListOptions,
  type Stored,
} from '../storage.js'
import { watchHistory } from '../watch-history.js'
import { type Checkpoint, differences } from './checkpoint.js'
import type { GroupCommit } from './group-commit.js'
import { type HistoryBounds, newHistory } from './history.js'
import type { LogRecord } from './record.js'
import { Subscriptions } from './subscriptions.js'
import { applyRecord, listAt, newTree, type Tree } from './tree.js'

/** A write that is not durable yet: unseen by readers, but later writes are checked against it. */
interface Write extends LogRecord {
  durable: Promise<void>
}

export interface MemoryStorageState {
  tree: Tree
  history: EventWindow
  revision: number
}

export interface MemoryStorageDeps {
  clock: Clock
  bounds: HistoryBounds
  /** Absent: nothing is kept on disk. */
  commit?: GroupCommit
  /** What recovery found. */
  state?: MemoryStorageState
  /** Runs after close, such as releasing the directory. */
  onClose?(): Promise<void>
}

export class MemoryStorage implements Storage {
  readonly #commit: GroupCommit | undefined
  readonly #onClose: (() => Promise<void>) | undefined
  readonly #tree: Tree
  readonly #history: EventWindow
  readonly #subscriptions = new Subscriptions()
  /** The newest write of each key that is still on its way to the disk. */
  readonly #pending = new Map<string, Write>()
  #revision: number
  #assigned: number
  readonly #stopAging: () => void
  #closed = false

  constructor({ clock, bounds, commit, state, onClose }: MemoryStorageDeps) {
    this.#commit = commit
    this.#onClose = onClose
    this.#tree = state?.tree ?? newTree()
    this.#history = state?.history ?? newHistory(0, bounds)
    this.#revision = this.#assigned = state?.revision ?? 0
    if (commit) commit.onDurable = records => this.#apply(records)
    this.#stopAging = startAging({
      ...{ clock, maxAge: bounds.maxAge },
      revision: () => this.#revision,
      trim: old => this.#history.trim(old),
    })
  }

  revision(): number {
    return this.#revision
  }

  compacted(): number {
    return this.#history.floor
  }

  async get(key: string): Promise<Stored | undefined> {
    return this.#tree.get(key)
  }

  async list(prefix: string, options: StorageListOptions = {}): Promise<Page> {
    const revision = options.revision ?? this.#revision
    if (revision < this.#history.floor) throw new RevisionCompacted(this.#history.floor)
    if (revision > this.#revision) throw new RevisionInFuture(revision, this.#revision)
    return listAt({ tree: this.#tree, history: this.#history, newest: this.#revision }, prefix, options)
  }

  async put(key: string, bytes: Uint8Array, { expect }: PutOptions = {}): Promise<Stored> {
    const existing = this.#newest(key)
    if (expect !== undefined && (existing?.modRevision ?? 'absent') !== expect) throw await this.#conflict(key)
    const revision = this.#nextRevision()
    const current = { key, bytes, createRevision: existing?.createRevision ?? revision, modRevision: revision }
    await this.#write({ key, revision, current })
    return current
  }

  async delete(key: string, { expect }: { expect?: number } = {}): Promise<{ previous: Stored; revision: number }> {
    const previous = this.#newest(key)
    if (!previous || (expect !== undefined && previous.modRevision !== expect)) throw await this.#conflict(key)
    const revision = this.#nextRevision()
    await this.#write({ key, revision, current: undefined })
    return { previous, revision }
  }

  watch(prefix: string, fromRevision: number, signal: AbortSignal): AsyncIterable<StorageEvent> {
    return watchHistory(this, prefix, fromRevision, signal)
  }

  subscribe(prefix: string, fromRevision: number, listener: StorageListener): () => void {
    if (fromRevision < this.#history.floor) throw new RevisionCompacted(this.#history.floor)
    const past = this.#history.after(fromRevision).filter(event => event.key.startsWith(prefix))
    if (past.length) listener(past)
    if (fromRevision <= this.#revision) return this.#subscriptions.add(prefix, listener)
    return this.#subscriptions.add(prefix, events => {
      const due = events.filter(event => event.revision > fromRevision)
      if (due.length) listener(due)
    })
  }

  async compact(revision: number): Promise<void> {
    if (revision > this.#revision) throw new RevisionInFuture(revision, this.#revision)
    this.#history.trim(revision)
  }

  /** What is durable now. Costs nothing: later writes copy what they change. */
  checkpoint(): Checkpoint {
    return { tree: this.#tree.clone(), revision: this.#revision }
  }

  /**
   * Makes the keys that `concerns` hold what they held, by one commit of ordinary writes: revisions go on, watchers see
   * every change, and what is put back counts as changed now. Waits for writes under way. Resolves with how many keys changed.
   */
  async restore({ tree }: Checkpoint, concerns: (key: string) => boolean = () => true): Promise<number> {
    while (this.#pending.size) await Promise.all([...this.#pending.values()].map(({ durable }) => durable))
    const changed = [...differences(this.#tree, tree)].filter(({ key }) => concerns(key))
    const records = changed.map(({ key, wanted }): LogRecord => {
      const revision = this.#nextRevision()
      const createRevision = this.#tree.get(key)?.createRevision ?? revision
      return { key, revision, current: wanted && { key, bytes: wanted.bytes, createRevision, modRevision: revision } }
    })
    if (records.length) await this.#writeAll(records)
    return records.length
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopAging()
    await this.#commit?.close()
    await this.#onClose?.()
  }

  #newest(key: string): Stored | undefined {
    const pending = this.#pending.get(key)
    return pending ? pending.current : this.#tree.get(key)
  }

  #nextRevision(): number {
    if (this.#closed) throw new Error('the store is closed')
    return ++this.#assigned
  }

  /** The loser hears of it only when the winner's write is durable: else it would have seen what may never have been. */
  async #conflict(key: string): Promise<KeyConflict> {
    for (let pending = this.#pending.get(key); pending; pending = this.#pending.get(key)) await pending.durable
    return new KeyConflict(key, this.#tree.get(key))
  }

  async #writeAll(records: readonly LogRecord[]): Promise<void> {
    if (this.#commit) await Promise.all(records.map(record => this.#write(record)))
    else this.#apply(records)
  }

  #write(record: LogRecord): Promise<void> {
    if (!this.#commit) {
      this.#apply([record])
      return Promise.resolve()
    }
    const durable = this.#commit.add(record)
    this.#pending.set(record.key, { ...record, durable })
    return durable
  }

  /** Everything of the batch is in its place before the first listener runs, and all have run before a writer goes on. */
  #apply(records: readonly LogRecord[]): void {
    const events = records.map(({ key, revision, current }) => {
      if (this.#pending.get(key)?.revision === revision) this.#pending.delete(key)
      return applyRecord(this.#tree, key, revision, current)
    })
    for (const event of events) this.#history.push(event)
    this.#revision = events.at(-1)!.revision
    this.#subscriptions.publish(events)
  }
}
