/**
 * A controller is a reconcile function and a description of what should wake it. The runtime owns the rest: informers, queue,
 * workers, back-off, and holding a key back until the cache has seen that key's own last write.
 */
import type { Client } from '../../client/client.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { type EventRecorder, newEventRecorder } from '../../client/event-recorder.js'
import { keyOf, parseKey } from '../../client/indexer.js'
import type { Informer } from '../../client/informer.js'
import { newExponentialRateLimiter } from '../../client/rate-limiter.js'
import { newWorkqueue, type Workqueue } from '../../client/workqueue.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { type Cache, indexByController, newCache } from './cache.js'
import type { Controller, ControllerDeps, ReconcileContext, RunningController } from './controller.js'
import { OwnWrites } from './own-writes.js'
import { controllerRefOf, refersTo } from './owner.js'
import type { Result } from './result.js'

/** Another kind whose changes wake some keys of the controller's kind. */
export interface Watch {
  kind: KindRef
  /** Keys to reconcile; called with every object added, changed (new and old) or deleted. */
  keys(object: KubernetesObject, cache: Cache, change: Change): Iterable<string>
}

export interface Change {
  type: 'add' | 'update' | 'delete'
  /** Updates only: the state before. */
  old?: KubernetesObject
}

export interface ControllerDefinition<T extends KubernetesObject> {
  /** Names queue and logs. */
  name: string
  /** Default: `<name>-controller`. */
  serviceAccount?: string
  /** Source of its events; default: `<name>-controller`. */
  component?: string
  for: KindRef<T>
  /** Kinds it makes: a dependent wakes its controller, an orphan those who might adopt it. */
  owns?: readonly KindRef[]
  /** Says whether `owner` would adopt the orphan; without it orphans wake nobody. */
  adopts?(owner: T, orphan: KubernetesObject): boolean
  watches?: readonly Watch[]
  /** Kinds it only reads. */
  reads?: readonly KindRef[]
  /** Extra indexes and the like, before anything starts. */
  prepare?(informer: <K extends KubernetesObject>(kind: KindRef<K>) => Informer<K>): void
  /** False: this object of its own kind, new (`old` is undefined) or changed, is of no interest. */
  relevant?(object: T, old: T | undefined): boolean
  /** Reconciles at once; default 5. */
  workers?: number
  /** The longest pause after failures; default 1000 s. */
  maxBackoffMs?: number
  /**
   * Makes the world match `object`, idempotently. Throwing backs off (5 ms doubling to 1000 s) and comes again; a result may
   * ask for a time. `object` is shared: copy before changing.
   */
  reconcile(object: T, context: ReconcileContext): Promise<Result>
  /** The object is gone: forget or clean up what hangs on its key. It may ask for a time to be called again. */
  gone?(key: string, context: ReconcileContext): Promise<Result | undefined>
}

/** Something changed, or went, under the controller's hands: the newer state is on its way to its cache. */
const isDaily = (error: unknown): boolean =>
  isReason(error, 'Conflict') ||
  isReason(error, 'NotFound') ||
  isNamespaceTerminating(error) ||
  (error instanceof Error && error.cause !== undefined && isDaily(error.cause))

const defaultWorkers = 5
const firstBackoffMs = 5

/** Declares a controller; nothing happens until `start`. */
export function defineController<T extends KubernetesObject>(definition: ControllerDefinition<T>): Controller {
  return { name: definition.name, start: deps => new ControllerLoop(definition, deps).start() }
}

class ControllerLoop<T extends KubernetesObject> implements RunningController {
  private readonly queue: Workqueue
  private readonly cache: Cache
  private readonly client: Client
  private readonly recorder: EventRecorder
  private readonly writes: OwnWrites
  private readonly informers = new Set<Informer>()
  private readonly removals: (() => void)[] = []
  private workers: Promise<unknown> = Promise.resolve()
  private stopped = false

  constructor(
    private readonly definition: ControllerDefinition<T>,
    private readonly deps: ControllerDeps,
  ) {
    const { name, serviceAccount = `${name}-controller`, component = `${name}-controller` } = definition
    const { clock, random, metrics, informers } = deps
    const log = deps.log.child({ controller: name })
    const rateLimiter = newExponentialRateLimiter(firstBackoffMs, definition.maxBackoffMs)
    this.queue = newWorkqueue({ clock, name, metrics, rateLimiter })
    this.cache = newCache(informers)
    this.client = deps.clientFor(serviceAccount)
    this.recorder = newEventRecorder({ client: this.client, clock, random, log, component })
    this.writes = new OwnWrites(informers, clock)
  }

  start(): RunningController {
    const { definition } = this
    const own = this.informer(definition.for)
    definition.prepare?.(kind => this.informer(kind))
    this.handle(own, {
      add: object => this.wakeIfRelevant(object, undefined),
      update: (object, old) => this.wakeIfRelevant(object, old),
      delete: object => this.queue.add(keyOf(object)),
    })
    for (const kind of definition.owns ?? []) this.wakeOwners(indexByController(this.informer(kind)))
    for (const watch of definition.watches ?? []) this.wakeBy(watch)
    for (const kind of definition.reads ?? []) this.informer(kind)
    this.workers = this.run()
    return this
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const remove of this.removals) remove()
    this.queue.shutDown()
    await this.workers
    await this.recorder.flush()
  }

  private informer<K extends KubernetesObject>(kind: KindRef<K>): Informer<K> {
    const informer = this.deps.informers.informer(kind)
    this.informers.add(informer as unknown as Informer)
    return informer
  }

  private handle<K extends KubernetesObject>(
    informer: Informer<K>,
    handler: Parameters<Informer<K>['addHandler']>[0],
  ): void {
    this.removals.push(informer.addHandler(handler))
  }

  private wakeIfRelevant(object: T, old: T | undefined): void {
    if (this.definition.relevant?.(object, old) ?? true) this.queue.add(keyOf(object))
  }

  private wakeOwners(informer: Informer): void {
    const wake = (object: KubernetesObject) => {
      const reference = controllerRefOf(object)
      if (reference) {
        if (refersTo(reference, this.definition.for)) this.addByUid(object, reference)
      } else if (!object.metadata.deletionTimestamp) this.wakeAdopters(object)
    }
    this.handle(informer, {
      add: wake,
      update: (object, old) => {
        const before = controllerRefOf(old)
        if (before && before.uid !== controllerRefOf(object)?.uid) this.addByUid(old, before)
        wake(object)
      },
      delete: object => {
        if (controllerRefOf(object)) wake(object)
      },
    })
  }

  /** An owner that is not in the cache yet will be queued when it comes. */
  private addByUid({ metadata: { namespace } }: KubernetesObject, { name, uid }: { name: string; uid: string }): void {
    const key = { name, ...(this.definition.for.scope === 'Namespaced' && namespace && { namespace }) }
    const owner = this.cache.get(this.definition.for, key)
    if (owner?.metadata.uid === uid) this.queue.add(keyOf(owner))
  }

  private wakeAdopters(orphan: KubernetesObject): void {
    const { adopts } = this.definition
    if (!adopts) return
    for (const candidate of this.cache.list(this.definition.for, orphan.metadata.namespace))
      if (adopts(candidate, orphan)) this.queue.add(keyOf(candidate))
  }

  private wakeBy({ kind, keys }: Watch): void {
    const wake = (object: KubernetesObject, change: Change) => {
      for (const key of keys(object, this.cache, change)) this.queue.add(key)
    }
    this.handle(this.informer(kind), {
      add: object => wake(object, { type: 'add' }),
      update: (object, old) => wake(object, { type: 'update', old }),
      delete: object => wake(object, { type: 'delete' }),
    })
  }

  private async run(): Promise<void> {
    await Promise.race([Promise.all([...this.informers].map(i => i.synced)), this.untilStopped()])
    const count = this.definition.workers ?? defaultWorkers
    await Promise.all(Array.from({ length: count }, () => this.work()))
  }

  private untilStopped(): Promise<void> {
    return new Promise(resolve => this.removals.push(resolve))
  }

  private async work(): Promise<void> {
    for (let key = await this.queue.next(); key !== undefined && !this.stopped; key = await this.queue.next()) {
      await this.process(key)
      this.queue.done(key)
    }
  }

  private async process(key: string): Promise<void> {
    if (!this.writes.settled(key, () => this.queue.add(key))) return
    try {
      const { requeueAfterMs } = await this.reconcile(key)
      this.queue.forget(key)
      if (requeueAfterMs !== undefined) this.queue.addAfter(key, requeueAfterMs)
    } catch (error) {
      const fields = { controller: this.definition.name, key, err: String(error) }
      if (isDaily(error)) this.deps.log.debug(fields, 'Reconcile lost a race; will try again')
      else this.deps.log.warn(fields, 'Reconcile failed; will try again')
      this.queue.addRateLimited(key)
    }
  }

  private async reconcile(key: string): Promise<Result> {
    const object = this.cache.get(this.definition.for, parseKey(key))
    if (object) return this.definition.reconcile(object, this.contextOf(key))
    return (await this.definition.gone?.(key, this.contextOf(key))) ?? {}
  }

  private contextOf(key: string): ReconcileContext {
    const { clock, random, log } = this.deps
    const { name } = this.definition
    return {
      cache: this.cache,
      client: this.writes.tracking(this.client, key),
      // Most reconciles find nothing to do and say nothing.
      get log() {
        return log.child({ controller: name, key })
      },
      recorder: this.recorder,
      clock,
      random,
    }
  }
}
