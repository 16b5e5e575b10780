/** A store whose revisions begin at zero: models count from there, an etcd that others have used does not. */
import {
  RevisionCompacted,
  RevisionInFuture,
  type Storage,
  type StorageEvent,
  type Stored,
} from '../../src/storage/storage.js'

/** `base`: the revision that is shown as 0. */
export function fromRevisionZero(storage: Storage, base: number): Storage {
  const stored = (one: Stored): Stored => ({
    ...one,
    createRevision: one.createRevision - base,
    modRevision: one.modRevision - base,
  })
  const event = ({ current, previous, ...rest }: StorageEvent): StorageEvent => ({
    ...rest,
    revision: rest.revision - base,
    ...(current && { current: stored(current) }),
    ...(previous && { previous: stored(previous) }),
  })
  const rebased = (error: unknown): never => {
    if (error instanceof RevisionCompacted) throw new RevisionCompacted(error.compacted - base)
    if (error instanceof RevisionInFuture) throw new RevisionInFuture(error.wanted - base, error.current - base)
    throw error
  }
  const absolute = (revision: number | undefined) => revision !== undefined && { revision: revision + base }
  return {
    revision: () => storage.revision() - base,
    compacted: () => Math.max(0, storage.compacted() - base),
    get: async key => {
      const found = await storage.get(key)
      return found && stored(found)
    },
    list: async (prefix, options = {}) => {
      const page = await storage.list(prefix, { ...options, ...absolute(options.revision) }).catch(rebased)
      return { ...page, items: page.items.map(stored), revision: page.revision - base }
    },
    put: async (key, bytes, { expect } = {}) =>
      stored(await storage.put(key, bytes, { expect: typeof expect === 'number' ? expect + base : expect })),
    delete: async (key, { expect } = {}) => {
      const { previous, revision } = await storage.delete(key, expect === undefined ? {} : { expect: expect + base })
      return { previous: stored(previous), revision: revision - base }
    },
    watch: () => {
      throw new Error('the model subscribes')
    },
    subscribe: (prefix, from, listener) =>
      storage.subscribe(prefix, from + base, events => listener(events.map(event))),
    compact: revision => storage.compact(revision + base),
    close: () => storage.close(),
  }
}
