/** The store of one kind: upstream's generic registry, built from the kind's declaration. */
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject, ObjectKey } from '../machinery/object-meta.js'
import type { DeleteOptions, ListOptions } from '../machinery/request.js'
import { notFound } from '../machinery/status-error.js'
import { waitForRevision } from '../watch/freshness.js'
import { createObject } from './create.js'
import { deleteObject } from './delete.js'
import { deleteObjects } from './delete-collection.js'
import { listObjects } from './list.js'
import { oneRevision } from './resource-version.js'
import type { DeleteScope, Rest, RestStats, Transform, WriteScope } from './rest.js'
import { StoreContext, type StoreOptions } from './store-context.js'
import { updateObject } from './update.js'
import { watchObjects } from './watch.js'

export class Store implements Rest {
  readonly kind: AnyKind
  readonly #context: StoreContext
  readonly #counted = { lists: 0, listed: 0 }

  constructor(options: StoreOptions) {
    this.kind = options.kind
    this.#context = new StoreContext(options)
  }

  stats(): RestStats | undefined {
    const cache = this.#context.options.cache.stats()
    return cache && { ...cache, ...this.#counted }
  }

  async get(key: ObjectKey, resourceVersion?: string) {
    const wanted = oneRevision(resourceVersion, this.#context.kind.uncached ? 'invalid resource version: ' : '')
    const late = wanted && (await waitForRevision(this.#context.options, wanted, !this.#context.kind.uncached))
    if (late) throw late
    const stored = await this.#context.read(key, wanted !== undefined)
    if (!stored) throw notFound(this.kind, key.name)
    return stored
  }

  async list(namespace: string | undefined, options: ListOptions) {
    const list = await listObjects(this.#context, namespace, options)
    this.#counted.lists++
    this.#counted.listed += list.items.length
    return list
  }

  watch(namespace: string | undefined, options: ListOptions, signal: AbortSignal) {
    return watchObjects(this.#context, { namespace, options, signal })
  }

  create(namespace: string | undefined, object: AnyObject, scope: WriteScope) {
    return createObject(this.#context, { namespace, object, scope })
  }

  update(key: ObjectKey, transform: Transform, scope: WriteScope) {
    return updateObject(this.#context, { key, transform, scope })
  }

  delete(key: ObjectKey, options: DeleteOptions, scope: DeleteScope) {
    return deleteObject(this.#context, { key, options, scope })
  }

  deleteCollection(namespace: string | undefined, options: DeleteOptions, list: ListOptions, scope: DeleteScope) {
    return deleteObjects(this.#context, { namespace, options, list, scope })
  }
}
