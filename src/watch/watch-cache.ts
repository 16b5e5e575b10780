/**
 * The watch cache of one resource: what is there, in key order and by indexes, and what happened lately. It follows the
 * store's events, so a read sees every write that has been acknowledged. Nothing is read before someone asks for it.
 */
import type { Clock, Random, Timer } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { tooManyRequests } from '../machinery/status-error.js'
import { compareKeys, itemsBefore, itemsNow, newSortedMap, type SortedMap } from '../storage/sorted-map.js'
import { type Storage, type StorageEvent, UnreadableValue } from '../storage/storage.js'
import { Bookmarks } from './bookmarks.js'
import type { CacheStats } from './cache-stats.js'
import { Change } from './change.js'
import { Dispatcher } from './dispatcher.js'
import { Entry, type EntrySource } from './entry.js'
import { type BookmarkType, type CacheEvent, initialEventsEnd, newBookmark, newErrorEvent } from './event.js'
import { expiredWatch, waitForRevision } from './freshness.js'
import { IndexSet } from './index-set.js'
import { olderChanges } from './older-changes.js'
import { type CacheList, pageFrom, selectFrom } from './page.js'
import { PageCounts } from './page-counts.js'
import { type FieldReaders, type Selection, Selector } from './selection.js'
import { CacheWatcher, type Watcher } from './watcher.js'
import { Window } from './window.js'

export interface WatchCacheOptions extends EntrySource {
  storage: Storage
  clock: Clock
  random: Random
  /** Of the resource's keys, ending in '/'. */
  prefix: string
  namespaced: boolean
  readers: FieldReaders
}

export interface CacheListOptions {
  selection: Selection
  /** Exactly this one; default: now. Not below `floor()`. */
  revision?: number
  limit?: number
  /** Begin behind this key. */
  after?: string
}

export interface CacheWatchOptions {
  selection: Selection
  /** Of the bookmarks' objects. */
  type: BookmarkType
  /** Changes after this revision. Undefined: those from now on. */
  from?: number
  /** Begin with what is there; `marked`: and then say so with a bookmark. */
  initial?: 'plain' | 'marked'
  /** With `initial`: what is there at this revision or a later one. */
  notOlderThan?: number
  bookmarks: boolean
  /** Milliseconds until the watch ends. */
  timeout?: number
  /** Ends the watch. */
  signal?: AbortSignal
}

/** Milliseconds: history that is over is let go by then, though nothing more is written. */
const trimDelay = 60_000

/** A list through an index sorts what it finds: not worth it for a large part of everything. */
const indexedShare = 8

export class WatchCache {
  readonly #options: WatchCacheOptions
  readonly #map: SortedMap<Entry> = newSortedMap()
  readonly #readers: Record<string, (object: AnyObject) => string>
  #indexes: IndexSet
  readonly #dispatcher: Dispatcher
  readonly #bookmarks: Bookmarks
  readonly #pages = new PageCounts()
  #window = new Window(0)
  readonly #counted = { bytes: 0, events: 0 }
  #started: Promise<void> | undefined
  #unsubscribe: (() => void) | undefined
  #trimming: Timer | undefined

  constructor(options: WatchCacheOptions) {
    this.#options = options
    this.#readers = { ...options.readers }
    this.#indexes = new IndexSet(this.#readers)
    this.#dispatcher = new Dispatcher(options.prefix, this.#readers)
    const { clock, random } = options
    this.#bookmarks = new Bookmarks({ clock, random, watchers: () => this.#dispatcher.watchers() })
  }

  /** The newest revision: everything up to it has been seen. */
  revision(): number {
    return this.#options.storage.revision()
  }

  /** The oldest revision that can be listed or watched from. */
  floor(): number {
    return this.#options.storage.compacted()
  }

  /** Undefined before the cache has begun to follow the store. */
  stats(): CacheStats | undefined {
    if (!this.#unsubscribe) return undefined
    return { objects: this.#map.size, ...this.#counted, revision: this.revision(), window: this.#window.size }
  }

  /** Undefined when it is absent. `key` is the store's. `stale`: what this process knows will do. */
  async get(key: string, stale = false): Promise<Entry | undefined> {
    const { storage } = this.#options
    // A shared store is asked over the network: what is read again and again had better be known.
    if (storage.sync) await (stale ? this.#start() : this.#unsubscribe && storage.sync())
    if (this.#unsubscribe) return this.#map.get(key)
    const stored = await storage.get(key)
    return stored && new Entry(stored, this.#options)
  }

  /** What is there now, if the cache has begun to follow the store. */
  peek(key: string): Entry | undefined {
    return this.#map.get(key)
  }

  /** More fields to select by: those of a kind that is stored as this one. */
  addReaders(readers: FieldReaders): void {
    Object.assign(this.#readers, readers)
  }

  async list({ selection, revision, limit = 0, after }: CacheListOptions): Promise<CacheList> {
    await this.#start()
    const now = this.revision()
    const selector = this.#selector(selection)
    const isNow = revision === undefined || revision === now
    const source = isNow ? this.#itemsNow(selector, after) : this.#itemsAt(revision, selector, after)
    const { keyPrefix } = selector
    if (!selector.isEmpty) {
      const named = selector.key(this.#options.namespaced) !== undefined
      const follows = (key: string) => !named && !itemsNow(this.#map, keyPrefix, key)[Symbol.iterator]().next().done
      return selectFrom(source, { selector, limit, revision: revision ?? now, ...(isNow && { follows }) })
    }
    const known = after === undefined && isNow && keyPrefix === this.#options.prefix ? this.#map.size : undefined
    return pageFrom(source, { keyPrefix, limit, after, known, revision: revision ?? now }, this.#pages)
  }

  /** History that is gone, or a revision that does not come, is told by an ERROR event. */
  async watch(options: CacheWatchOptions): Promise<Watcher> {
    await this.#start()
    const { from, initial, notOlderThan = 0 } = options
    const selector = this.#selector(options.selection)
    if (initial) {
      const late = await waitForRevision(this.#options, notOlderThan)
      if (late) return this.#newWatcher(options, selector, { backlog: [newErrorEvent(late.status)] })
      return this.#newWatcher(options, selector, {
        initial: [...this.#itemsNow(selector)].filter(entry => selector.matches(entry)),
        backlog: initial === 'marked' ? [this.#bookmark(options.type, { [initialEventsEnd]: 'true' })] : [],
      })
    }
    if (from !== undefined && from < this.floor()) {
      const expired = newErrorEvent(expiredWatch(from, this.floor()).status)
      return this.#newWatcher(options, selector, { backlog: [expired] })
    }
    return this.#newWatcher(options, selector, { backlog: this.#missed(selector, from ?? this.revision()) })
  }

  /** Ends all watches and forgets everything. */
  stop(): void {
    this.#unsubscribe?.()
    this.#trimming?.cancel()
    this.#bookmarks.stop()
    for (const watcher of [...this.#dispatcher.watchers()]) watcher.stop()
  }

  #selector(selection: Selection): Selector {
    return new Selector(selection, this.#options.prefix, this.#readers)
  }

  #start(): Promise<void> {
    return (this.#started ??= this.#load().catch(error => {
      this.#started = undefined
      throw error instanceof UnreadableValue ? notReady(error) : error
    }))
  }

  async #load(): Promise<void> {
    const { storage, prefix } = this.#options
    const { items, revision } = await storage.list(prefix)
    for (const stored of items) {
      this.#map.set(stored.key, new Entry(stored, this.#options))
      this.#counted.bytes += stored.bytes.length
    }
    this.#window = new Window(revision)
    const onLost = () => this.#beginAnew()
    this.#unsubscribe = storage.subscribe(prefix, revision, events => this.#apply(events), onLost)
    // A list may be ahead of the events: nobody may be told an older revision together with what is newer.
    if (storage.revision() < revision) await storage.sync?.()
  }

  /** Events are missing: watchers end, so that they list again, and who reads next loads what is there then. */
  #beginAnew(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#started = undefined
    this.#map.clear()
    this.#counted.bytes = 0
    this.#indexes = new IndexSet(this.#readers)
    for (const watcher of [...this.#dispatcher.watchers()]) watcher.stop()
  }

  #apply(events: readonly StorageEvent[]): void {
    const touched = new Set<CacheWatcher>()
    this.#counted.events += events.length
    for (const { key, revision, current } of events) {
      const previous = this.#map.get(key)
      const entry = current && new Entry(current, this.#options)
      if (entry) this.#map.set(key, entry)
      else this.#map.delete(key)
      this.#counted.bytes += (current?.bytes.length ?? 0) - (previous?.storedBytes.length ?? 0)
      this.#indexes.replace(previous, entry)
      const change = new Change(key, revision, { current: entry, previous })
      this.#window.push(change)
      if (!this.#dispatcher.isEmpty) this.#dispatcher.dispatch(change, touched)
    }
    this.#trim()
    if (touched.size === 0) return
    // Once the whole commit is in every cache, and still before its writers go on.
    queueMicrotask(() => {
      for (const watcher of touched) watcher.flush()
    })
  }

  /** Comes again for as long as there is history. */
  #trim(): void {
    this.#window.trim(this.floor())
    if (this.#window.size && !this.#trimming)
      this.#trimming = this.#options.clock.after(trimDelay, () => {
        this.#trimming = undefined
        this.#trim()
      })
  }

  #itemsNow(selector: Selector, after?: string): Iterable<Entry> {
    const key = selector.key(this.#options.namespaced)
    if (key !== undefined) {
      const entry = this.#map.get(key)
      return entry && key > (after ?? '') ? [entry] : []
    }
    for (const { index, value } of selector.terms()) {
      const found = this.#indexes.lookUp(index, value, () => this.#map.values())
      if (found.size * indexedShare > this.#map.size) continue
      const entries = [...found.values()].filter(entry => entry.key > (after ?? ''))
      return entries.sort((a, b) => compareKeys(a.key, b.key))
    }
    return itemsNow(this.#map, selector.keyPrefix, after)
  }

  #itemsAt(revision: number, selector: Selector, after?: string): Iterable<Entry> {
    this.#reachBack(revision)
    return itemsBefore(this.#map, this.#window.after(revision), { prefix: selector.keyPrefix, after })
  }

  #missed(selector: Selector, from: number): CacheEvent[] {
    if (from >= this.revision()) return []
    this.#reachBack(from)
    return [...this.#window.after(from)].flatMap(change => change.eventFor(entry => selector.matches(entry)) ?? [])
  }

  /** The window begins with the cache's first use; what the store still knows of the time before is added when wanted. */
  #reachBack(revision: number): void {
    if (revision >= this.#window.floor) return
    const floor = this.floor()
    const older = olderChanges(this.#options, { floor, until: this.#window.floor, known: this.#map.values() })
    this.#window.extend(floor, older)
  }

  #newWatcher(
    options: CacheWatchOptions,
    selector: Selector,
    { initial = [], backlog }: { initial?: readonly Entry[]; backlog: readonly CacheEvent[] },
  ): Watcher {
    let forget = () => {}
    const watcher = new CacheWatcher({
      selector,
      clock: this.#options.clock,
      initial,
      backlog,
      bookmarks: options.bookmarks,
      timeout: options.timeout,
      signal: options.signal,
      bookmark: () => this.#bookmark(options.type),
      onStop: () => forget(),
    })
    if (options.from !== undefined && options.from > this.revision()) watcher.skipUntil(options.from)
    forget = this.#dispatcher.add(watcher, this.#options.namespaced)
    if (options.bookmarks) this.#bookmarks.schedule()
    if (options.signal?.aborted) watcher.stop()
    return watcher
  }

  #bookmark(type: BookmarkType, annotations?: Record<string, string>): CacheEvent {
    return newBookmark(type, this.revision(), annotations)
  }
}

/** As upstream's cache answers while one object of the resource cannot be read: somebody may bring the key. */
const notReady = ({ key, message }: UnreadableValue) =>
  tooManyRequests(`storage is (re)initializing: unable to transform key ${JSON.stringify(key)}: ${message}`, 1)
