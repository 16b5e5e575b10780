/** A cache of one kind that follows the server and tells its handlers what changed. */
import type { Clock, Random } from '../machinery/clock.js'
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import type { Logger } from '../telemetry/logger.js'
import type { Client } from './client.js'
import { Indexer, type IndexFunction, keyOf, type Lister } from './indexer.js'
import { type ReflectorSink, runReflector, type Selection } from './reflector.js'

/** Called in revision order, after the cache has changed. An object replaced by another of the same name is a delete and an add. */
export interface InformerHandler<T> {
  add?(object: T): void
  update?(object: T, old: T): void
  /** The last state known. */
  delete?(object: T): void
}

export interface Informer<T extends KubernetesObject = KubernetesObject> extends Lister<T> {
  readonly kind: KindRef<T>
  /** Resolves once the first list is in the cache and the handlers there have seen it. */
  readonly synced: Promise<void>
  readonly hasSynced: boolean
  /** Everything up to this revision is in the cache; `''` before the first list. */
  readonly resourceVersion: string
  readonly size: number
  /** Adds a handler, which first hears of all that is there already; returns what takes it away again. */
  addHandler(handler: InformerHandler<T>): () => void
  /** Adding an index that is there already changes nothing. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void
  /** True when the cache is at or beyond this revision. */
  hasSeen(resourceVersion: string): boolean
  /** Calls back once, as soon as the cache is at or beyond this revision; at once where it is. Returns what cancels. */
  whenSeen(resourceVersion: string, callback: () => void): () => void
  /** Begins to follow the server; further calls change nothing. */
  start(): void
  /** Stops following; the cache stays readable. */
  stop(): void
}

export interface InformerDeps {
  client: Client
  clock: Clock
  random: Random
  log: Logger
}

/** Follows the objects of `kind` that `selection` names; nothing happens until `start`. */
export function newInformer<T extends KubernetesObject>(
  kind: KindRef<T>,
  deps: InformerDeps,
  selection: Selection = {},
): Informer<T> {
  return new CachingInformer(kind, deps, selection)
}

class CachingInformer<T extends KubernetesObject> implements Informer<T>, ReflectorSink<T> {
  readonly synced: Promise<void>
  hasSynced = false
  resourceVersion = ''
  private revision = -1
  private readonly cache = new Indexer<T>()
  private readonly handlers = new Set<InformerHandler<T>>()
  private readonly waiters = new Set<{ revision: number; callback(): void }>()
  private readonly abort = new AbortController()
  private started = false
  private resolveSynced: () => void = () => {}

  constructor(
    readonly kind: KindRef<T>,
    private readonly deps: InformerDeps,
    private readonly selection: Selection,
  ) {
    this.synced = new Promise(resolve => {
      this.resolveSynced = resolve
    })
  }

  get size(): number {
    return this.cache.size
  }
  get = this.cache.get
  list = this.cache.list
  byIndex = (index: string, value: string): T[] => this.cache.byIndex(index, value)
  addIndex = (name: string, valuesOf: IndexFunction<T>): void => this.cache.addIndex(name, valuesOf)

  addHandler(handler: InformerHandler<T>): () => void {
    for (const object of this.cache.list()) this.call(() => handler.add?.(object))
    this.handlers.add(handler)
    return () => void this.handlers.delete(handler)
  }

  hasSeen = (resourceVersion: string): boolean => this.revision >= Number(resourceVersion)

  whenSeen(resourceVersion: string, callback: () => void): () => void {
    const waiter = { revision: Number(resourceVersion), callback }
    if (this.revision >= waiter.revision) callback()
    else this.waiters.add(waiter)
    return () => void this.waiters.delete(waiter)
  }

  start(): void {
    if (this.started) return
    this.started = true
    void runReflector(this.kind, this.selection, this, { ...this.deps, signal: this.abort.signal })
  }

  stop(): void {
    this.abort.abort()
  }

  replace(items: readonly T[], resourceVersion: string): void {
    const gone = new Set(this.cache.keys())
    for (const item of items) {
      gone.delete(keyOf(item))
      this.upsert(item)
    }
    for (const key of gone) this.removeKey(key)
    this.hasSynced = true
    this.bookmark(resourceVersion)
    this.resolveSynced()
  }

  upsert(object: T): void {
    const old = this.cache.set(object)
    if (!old) this.each(h => h.add?.(object))
    else if (old.metadata.uid !== object.metadata.uid) {
      this.each(h => h.delete?.(old))
      this.each(h => h.add?.(object))
    } else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) this.each(h => h.update?.(object, old))
  }

  remove(object: T): void {
    if (this.cache.delete(keyOf(object))) this.each(h => h.delete?.(object))
  }

  bookmark(resourceVersion: string): void {
    this.resourceVersion = resourceVersion
    this.revision = Number(resourceVersion)
    for (const waiter of this.waiters) {
      if (waiter.revision > this.revision) continue
      this.waiters.delete(waiter)
      this.call(waiter.callback)
    }
  }

  private removeKey(key: string): void {
    const old = this.cache.delete(key)
    if (old) this.each(h => h.delete?.(old))
  }

  private each(tell: (handler: InformerHandler<T>) => void): void {
    for (const handler of this.handlers) this.call(() => tell(handler))
  }

  /** One handler's bug must not keep events from the others. */
  private call(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.deps.log.error({ resource: this.kind.names.plural, err: error }, 'Informer handler failed')
    }
  }
}
