/**
 * Holds a key back until the caches have seen what its last reconcile wrote. A controller that reads a cache older than its
 * own writes makes the same pods twice: upstream guards against that with expectations, here every write is remembered.
 */
import type { Client } from '../../client/client.js'
import { keyOf } from '../../client/indexer.js'
import type { Informer } from '../../client/informer.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'

/** As upstream's expectations: a write that no cache ever shows must not block its key for ever. */
const forgetAfterMs = 300_000

interface Deletion {
  uid: string | undefined
  seen(): void
}

const formatKey = (key: ObjectKey) => (key.namespace ? `${key.namespace}/${key.name}` : key.name)

/** The writes of one controller. */
export class OwnWrites {
  /** How many unseen writes each key has, and what to call when there are none. */
  private readonly unseen = new Map<string, { count: number; forget: Timer; wanted: (() => void)[] }>()
  private readonly deletions = new WeakMap<Informer, Map<string, Deletion[]>>()

  constructor(
    private readonly informers: InformerFactory,
    private readonly clock: Clock,
  ) {}

  /** True when the caches are up to date with the key's writes; else `then` is called once they are. */
  settled(key: string, then: () => void): boolean {
    const unseen = this.unseen.get(key)
    unseen?.wanted.push(then)
    return unseen === undefined
  }

  /** A client whose writes hold back `key`. */
  tracking(client: Client, key: string): Client {
    const written = <T extends KubernetesObject>(kind: KindRef<T>, object: T): T => {
      this.expectRevision(key, kind, object)
      return object
    }
    return {
      ...client,
      create: async (kind, object, options) => written(kind, await client.create(kind, object, options)),
      update: async (kind, object, options) => written(kind, await client.update(kind, object, options)),
      updateStatus: async (kind, object) => written(kind, await client.updateStatus(kind, object)),
      updateSubresource: async (kind, object, sub) => written(kind, await client.updateSubresource(kind, object, sub)),
      patch: async (kind, target, patch, options) => written(kind, await client.patch(kind, target, patch, options)),
      delete: async (kind, target, options) => {
        // Taken before the call: the event may arrive before the answer.
        const uid = this.informers.existing(kind)?.get(target)?.metadata.uid
        await client.delete(kind, target, options)
        this.expectDeletion(key, kind, { ...target, uid })
      },
    }
  }

  private expectRevision(key: string, kind: KindRef, object: KubernetesObject): void {
    const { resourceVersion } = object.metadata
    const informer = this.informers.existing(kind)
    if (!informer || !resourceVersion || informer.hasSeen(resourceVersion)) return
    informer.whenSeen(resourceVersion, this.hold(key))
  }

  private expectDeletion(key: string, kind: KindRef, target: ObjectKey & { uid: string | undefined }): void {
    const informer = this.informers.existing(kind)
    if (!informer || target.uid === undefined) return
    const cached = informer.get(target)
    if (cached?.metadata.uid !== target.uid || cached.metadata.deletionTimestamp) return
    const ofInformer = this.deletionsIn(informer)
    const name = formatKey(target)
    const waiting = ofInformer.get(name) ?? []
    waiting.push({ uid: target.uid, seen: this.hold(key) })
    ofInformer.set(name, waiting)
  }

  /** One handler an informer tells of every deletion, begun or finished. */
  private deletionsIn(informer: Informer): Map<string, Deletion[]> {
    const known = this.deletions.get(informer)
    if (known) return known
    const waiting = new Map<string, Deletion[]>()
    const observe = (object: KubernetesObject) => {
      const name = keyOf(object)
      const found = waiting.get(name)
      if (!found) return
      waiting.delete(name)
      for (const { seen } of found) seen()
    }
    informer.addHandler({
      update: object => void (object.metadata.deletionTimestamp && observe(object)),
      delete: observe,
    })
    this.deletions.set(informer, waiting)
    return waiting
  }

  /** Counts one more unseen write of the key; the function returned takes it off again. */
  private hold(key: string): () => void {
    let entry = this.unseen.get(key)
    if (!entry) {
      entry = { count: 0, wanted: [], forget: this.clock.after(forgetAfterMs, () => this.release(key)) }
      this.unseen.set(key, entry)
    }
    const held = entry
    held.count++
    return () => {
      if (--held.count === 0 && this.unseen.get(key) === held) this.release(key)
    }
  }

  private release(key: string): void {
    const entry = this.unseen.get(key)
    if (!entry) return
    this.unseen.delete(key)
    entry.forget.cancel()
    for (const then of entry.wanted) then()
  }
}
