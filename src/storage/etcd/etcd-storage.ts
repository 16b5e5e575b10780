/** The store on etcd: writes are transactions, and one watch of everything keeps this process in step with all others. */

import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import { startAging } from '../aging.js'
import { EventWindow, type WindowBounds } from '../event-window.js'
import { Subscriptions } from '../memory/subscriptions.js'
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
import { type EtcdClient, revisionErrorOf } from './etcd-client.js'
import { Follower } from './follower.js'
import { HeadRevision } from './head-revision.js'
import type { KeySpace } from './key-space.js'
import { Leases } from './leases.js'
import { RevisionWaits } from './revision-waits.js'
import type { Compare, KeyValue, Operation, RangeResponse, TxnResponse, WatchedEvent } from './rpc.js'
import { Turns } from './turns.js'

export interface EtcdStorageDeps {
  client: EtcdClient
  clock: Clock
  log: Logger
  keys: KeySpace
  bounds: WindowBounds & { maxAge: number }
  /** Ends what goes on beside. */
  onClose?(): void
}

/** Items of one answer when all are wanted: upstream's figure. */
const pageSize = 10_000

export class EtcdStorage implements Storage {
  readonly #deps: EtcdStorageDeps
  readonly #subscriptions = new Subscriptions()
  readonly #lost = new Set<() => void>()
  readonly #turns = new Turns()
  readonly #leases: Leases
  readonly #head: HeadRevision
  readonly #waits: RevisionWaits
  readonly #follower: Follower
  /** Values on their way: the event of such a write is given the writer's own bytes. */
  readonly #written = new Map<string, Uint8Array>()
  #window: EventWindow
  #revision: number
  /** Absent before it knows all that was stored at the start. */
  #stopAging: (() => void) | undefined
  #closed = false

  /** It knows nothing before `start`. */
  constructor(deps: EtcdStorageDeps) {
    const { client, clock, log, keys, bounds } = deps
    this.#deps = deps
    this.#window = new EventWindow(0, bounds)
    this.#revision = 0
    this.#leases = new Leases(client, clock)
    this.#head = new HeadRevision(() => this.#readHead())
    this.#follower = new Follower({
      ...{ client, clock, log },
      ...keys.everything(),
      onEvents: events => this.#take(events),
      onProgress: revision => this.#reach(revision),
      onGap: compacted => void this.#skip(compacted),
    })
    this.#waits = new RevisionWaits({
      clock,
      reached: () => this.#revision,
      ask: () => this.#follower.requestProgress(),
    })
  }

  /** Takes up the last `past` revisions, and resolves when this process knows all that is stored now. */
  async start(past: number): Promise<void> {
    const head = await this.#readHead()
    this.#beginAt(Math.max(0, head - past))
    await this.#waits.until(head, { asking: true })
    const { clock, bounds } = this.#deps
    this.#stopAging = startAging({
      ...{ clock, maxAge: bounds.maxAge },
      revision: () => this.#revision,
      trim: old => this.#window.trim(old),
    })
  }

  revision(): number {
    return this.#revision
  }

  compacted(): number {
    return this.#window.floor
  }

  async sync(): Promise<void> {
    await this.#waits.until(await this.#head.read(), { asking: true })
  }

  async get(key: string): Promise<Stored | undefined> {
    const { client, keys } = this.#deps
    const { kvs } = await client.range({ key: keys.toEtcd(key) })
    return kvs?.[0] && this.#stored(kvs[0])
  }

  async list(prefix: string, options: StorageListOptions = {}): Promise<Page> {
    const { limit = 0 } = options
    const items: Stored[] = []
    let { after, revision } = options
    for (;;) {
      const page = await this.#range(prefix, { after, revision, limit: limit || pageSize })
      for (const kv of page.kvs ?? []) items.push(this.#stored(kv))
      revision ??= page.header.revision ?? 0
      if (limit || !page.more) return { items, revision, ...remainderOf(page) }
      after = items.at(-1)!.key
    }
  }

  put(key: string, bytes: Uint8Array, { expect, timeToLive }: PutOptions = {}): Promise<Stored> {
    return this.#turns.take(key, async () => {
      const lease = timeToLive === undefined ? undefined : await this.#leases.leaseFor(timeToLive)
      const put = { key: this.#deps.keys.toEtcd(key), value: bytes, ...(lease !== undefined && { lease }) }
      this.#written.set(key, bytes)
      try {
        const { header } = await this.#transact(key, expect === 'absent' ? 0 : expect, { put })
        const { current } = await this.#outcome(header.revision ?? 0, key)
        return current ?? this.#storedAt(key, bytes, header.revision ?? 0)
      } finally {
        this.#written.delete(key)
      }
    })
  }

  delete(key: string, { expect }: { expect?: number } = {}): Promise<{ previous: Stored; revision: number }> {
    return this.#turns.take(key, async () => {
      const operation: Operation = { delete: { key: this.#deps.keys.toEtcd(key), prevKv: true } }
      const { header, responses } = await this.#transact(key, expect, operation)
      const kv = responses?.[0]?.delete?.prevKvs?.[0]
      if (!kv) throw new KeyConflict(key, undefined)
      const { revision = 0 } = header
      const { previous } = await this.#outcome(revision, key)
      return { previous: previous ?? this.#stored(kv), revision }
    })
  }

  watch(prefix: string, fromRevision: number, signal: AbortSignal): AsyncIterable<StorageEvent> {
    return watchHistory(this, prefix, fromRevision, signal)
  }

  subscribe(prefix: string, fromRevision: number, listener: StorageListener, onLost?: () => void): () => void {
    if (fromRevision < this.#window.floor) throw new RevisionCompacted(this.#window.floor)
    const past = this.#window.after(fromRevision).filter(event => event.key.startsWith(prefix))
    if (past.length) listener(past)
    const lost = onLost && (() => onLost())
    if (lost) this.#lost.add(lost)
    const end = this.#subscriptions.add(prefix, events => {
      // A list may have been answered before the watch came so far.
      const due = events[0]!.revision > fromRevision ? events : events.filter(event => event.revision > fromRevision)
      if (due.length) listener(due)
    })
    return () => {
      end()
      if (lost) this.#lost.delete(lost)
    }
  }

  async compact(revision: number): Promise<void> {
    if (revision > this.#revision) throw new RevisionInFuture(revision, this.#revision)
    if (revision <= this.#window.floor) return
    try {
      await this.#deps.client.compact(revision)
    } catch (error) {
      // Another server was faster.
      if (revisionErrorOf(error) !== 'compacted') throw error
    }
    this.#window.trim(revision)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopAging?.()
    this.#follower.stop()
    this.#deps.onClose?.()
    this.#deps.client.close()
  }

  async #readHead(): Promise<number> {
    const { client, keys } = this.#deps
    return (await client.range({ key: keys.absentKey, countOnly: true })).header.revision ?? 0
  }

  async #range(
    prefix: string,
    { after, revision, limit }: StorageListOptions & { limit: number },
  ): Promise<RangeResponse> {
    const { client, keys } = this.#deps
    // 0 would mean the newest one; nothing is older than revision 1, at which nothing is stored.
    const at = revision === undefined ? {} : { revision: Math.max(1, revision) }
    try {
      if (revision !== undefined && revision < this.#window.floor) throw new RevisionCompacted(this.#window.floor)
      return await client.range({ ...keys.range(prefix, after), limit, ...at })
    } catch (error) {
      const cause = revisionErrorOf(error)
      if (cause === 'compacted') throw new RevisionCompacted(Math.max(this.#window.floor, revision! + 1))
      if (cause === 'future') throw new RevisionInFuture(revision!, this.#revision)
      throw error
    }
  }

  /** Throws KeyConflict with what is there. */
  async #transact(key: string, expect: number | undefined, operation: Operation): Promise<TxnResponse> {
    const { client, keys } = this.#deps
    const name = keys.toEtcd(key)
    const compare: Compare[] = expect === undefined ? [] : [{ key: name, target: 'mod', value: expect }]
    const answer = await client.transact({ compare, success: [operation], failure: [{ range: { key: name } }] })
    if (answer.succeeded) return answer
    const kv = answer.responses?.[0]?.range?.kvs?.[0]
    throw new KeyConflict(key, kv && this.#stored(kv))
  }

  /** Resolves when everybody in this process has heard of the write, or is not going to soon: it is durable all the same. */
  async #outcome(revision: number, key: string): Promise<Partial<StorageEvent>> {
    await this.#waits.until(revision, { asking: false }).catch(error => {
      this.#deps.log.warn({ error: String(error) }, 'A write was not told by the watch in time')
    })
    return this.#window.find(revision, key) ?? {}
  }

  /** A write whose event is not there any more. */
  async #storedAt(key: string, bytes: Uint8Array, modRevision: number): Promise<Stored> {
    const { client, keys } = this.#deps
    const { kvs } = await client.range({ key: keys.toEtcd(key), revision: modRevision })
    return { key, bytes, modRevision, createRevision: kvs?.[0]?.createRevision ?? modRevision }
  }

  #stored({ key: name, value, createRevision = 0, modRevision = 0 }: KeyValue): Stored {
    const key = this.#deps.keys.fromEtcd(name)
    return { key, bytes: this.#read(key, value), createRevision, modRevision }
  }

  #read(key: string, value: Uint8Array = new Uint8Array()): Uint8Array {
    const own = this.#written.get(key)
    // A view would keep the whole answer in memory.
    return own && Buffer.compare(own, value) === 0 ? own : new Uint8Array(value)
  }

  #take(watched: readonly WatchedEvent[]): void {
    const events = watched.map(event => this.#event(event))
    for (const [i, event] of events.entries()) {
      this.#window.push(event)
      // What was replaced is compacted already: before this nothing can be told.
      if (!event.previous && wasThere(watched[i]!)) this.#window.trim(event.revision)
    }
    this.#revision = Math.max(this.#revision, events.at(-1)!.revision)
    this.#subscriptions.publish(events)
    this.#waits.settle()
  }

  #event({ deleted, kv, prevKv }: WatchedEvent): StorageEvent {
    const previous = prevKv && this.#known(prevKv)
    const event = { key: this.#deps.keys.fromEtcd(kv.key), revision: kv.modRevision ?? 0 }
    if (deleted) return { type: 'delete', ...event, ...(previous && { previous }) }
    return { type: 'put', ...event, current: this.#stored(kv), ...(previous && { previous }) }
  }

  /** What an event replaced is often what a recent one brought: then it is in memory already. */
  #known(kv: KeyValue): Stored {
    const { current } = this.#window.find(kv.modRevision ?? 0, this.#deps.keys.fromEtcd(kv.key)) ?? {}
    return current ?? this.#stored(kv)
  }

  #reach(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    this.#waits.settle()
  }

  #beginAt(revision: number): void {
    this.#window = new EventWindow(revision, this.#deps.bounds)
    this.#revision = revision
    this.#follower.start(revision)
    this.#waits.settle()
  }

  /** Events were compacted before they were heard of. At the start that only means less of the past; later all begins anew. */
  async #skip(compacted: number): Promise<void> {
    if (!this.#stopAging) return this.#beginAt(compacted)
    const { log, clock } = this.#deps
    try {
      const head = await this.#readHead()
      log.error({ compacted, head }, 'etcd was compacted while it could not be followed: caches begin anew')
      this.#beginAt(head)
      for (const lost of [...this.#lost]) lost()
    } catch (error) {
      log.error({ error: String(error) }, 'etcd cannot be read')
      if (!this.#closed) clock.after(1000, () => void this.#skip(compacted))
    }
  }
}

const wasThere = ({ deleted, kv }: WatchedEvent): boolean => !!deleted || kv.createRevision !== kv.modRevision

function remainderOf({ more = false, count = 0, kvs = [] }: RangeResponse): Pick<Page, 'more' | 'remaining'> {
  return { more, remaining: count - kvs.length }
}
