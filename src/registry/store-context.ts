/** What the verbs of one kind's store share: the kind, its cache, and the way between stored bytes and objects of its version. */
import type { Clock, Random } from '../machinery/clock.js'
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject, ObjectKey } from '../machinery/object-meta.js'
import { applySchemaDefaults } from '../machinery/schema/defaults.js'
import type { SchemaSet } from '../machinery/schema/types.js'
import type { Storage, Stored } from '../storage/storage.js'
import type { Adoption } from '../watch/adoption.js'
import { Entry, type EntrySource } from '../watch/entry.js'
import type { WatchCache } from '../watch/watch-cache.js'
import { encodeStored, storedForm } from './codec.js'
import type { KindHooks } from './hooks.js'
import type { StoredObject } from './rest.js'
import { storageKey } from './storage-keys.js'
import type { Version } from './version.js'

export interface StoreOptions {
  kind: AnyKind
  /** Of the kind's keys, ending in '/'. */
  prefix: string
  storage: Storage
  cache: WatchCache
  adoption: Adoption
  source: EntrySource
  clock: Clock
  random: Random
  /** Between what is stored and what this kind's version shows. */
  version: Version
  hooks: KindHooks
  schemas: SchemaSet | undefined
  /** Milliseconds that objects live after they were written, where the storage sees to it. */
  timeToLive?: number
}

export class StoreContext {
  readonly options: StoreOptions

  constructor(options: StoreOptions) {
    this.options = options
  }

  get kind(): AnyKind {
    return this.options.kind
  }

  get hooks(): KindHooks {
    return this.options.hooks
  }

  get namespaced(): boolean {
    return this.kind.scope === 'Namespaced'
  }

  now(): number {
    return this.options.clock.now()
  }

  keyOf(key: ObjectKey): string {
    return storageKey(this.options.prefix, this.kind, key)
  }

  /** Of a list: the kind's, or within a namespace. */
  listPrefix(namespace: string | undefined): string {
    const { prefix } = this.options
    return namespace && this.namespaced ? `${prefix}${namespace}/` : prefix
  }

  /** Undefined when it is absent. `stale`: as this process knows it, which other servers may have changed. */
  async read(key: ObjectKey, stale = false): Promise<StoredObject | undefined> {
    const entry = await this.options.cache.get(this.keyOf(key), stale)
    return entry && this.showLater(entry)
  }

  /** Whether an update that changes nothing is to be written all the same. */
  async isStale(key: ObjectKey): Promise<boolean> {
    return (await this.options.storage.isStale?.(this.keyOf(key))) ?? false
  }

  /** In this kind's version. */
  async showAll(entries: readonly StoredObject[]): Promise<StoredObject[]> {
    const { version } = this.options
    if (version.remote) await version.remote.prepare(entries)
    return entries.map(entry => version.show(entry))
  }

  private showLater(entry: StoredObject): StoredObject | Promise<StoredObject> {
    const { version } = this.options
    return version.remote ? version.remote.prepare([entry]).then(() => version.show(entry)) : version.show(entry)
  }

  /** Resolves when durable and visible. Throws KeyConflict. The object belongs to the cache from here. */
  async write(key: ObjectKey, object: AnyObject, expect: number | 'absent'): Promise<StoredObject> {
    const { storage, adoption, version, timeToLive } = this.options
    const converted = version.remote ? await version.remote.toStored(object) : version.toStored(object)
    const stored = storedForm(version.stored, converted)
    const bytes = encodeStored(stored)
    adoption.offer(bytes, stored)
    return this.shown(await storage.put(this.keyOf(key), bytes, { expect, ...(timeToLive && { timeToLive }) }))
  }

  /** The object as it was, at the revision of its deletion. Throws KeyConflict. */
  async remove(key: ObjectKey, expect: number): Promise<StoredObject> {
    const { previous, revision } = await this.options.storage.delete(this.keyOf(key), { expect })
    return this.showLater(new Entry(previous, this.options.source).tombstone(revision))
  }

  /** What a dry run answers: as if it were stored, at the revision that is there now, if any. */
  async unwritten(object: AnyObject, revision: number | undefined): Promise<StoredObject> {
    const { version } = this.options
    const converted = version.remote ? await version.remote.toStored(object) : version.toStored(object)
    const stored = storedForm(version.stored, converted)
    const { selfLink, resourceVersion = revision === undefined ? undefined : String(revision) } = object.metadata
    // What was sent stays where storing would replace it.
    stored.metadata = {
      ...stored.metadata,
      ...(selfLink && { selfLink }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    }
    return this.showLater({ object: stored, revision: revision ?? 0, bytes: encodeStored(stored) })
  }

  /** Fills what an object of the kind always shows, after something has been set or reset. */
  fill(object: AnyObject): void {
    const { schemas } = this.options
    if (schemas && Object.hasOwn(schemas, this.kind.schema)) applySchemaDefaults(schemas, this.kind.schema, object)
  }

  private shown(stored: Stored): StoredObject | Promise<StoredObject> {
    const { cache, source } = this.options
    const cached = cache.peek(stored.key)
    return this.showLater(cached?.revision === stored.modRevision ? cached : new Entry(stored, source))
  }
}
