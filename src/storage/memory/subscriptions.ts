/** Who is told of commits: listeners by prefix, found by the prefixes a key has. */
import type { StorageEvent, StorageListener } from '../storage.js'

export class Subscriptions {
  // Almost every prefix ends in '/': those are looked up; the others are compared one by one.
  readonly #byDirectory = new Map<string, Set<StorageListener>>()
  readonly #others = new Map<string, Set<StorageListener>>()

  /** Returns what ends it. */
  add(prefix: string, listener: StorageListener): () => void {
    const map = prefix.endsWith('/') ? this.#byDirectory : this.#others
    // One function may be subscribed twice: each subscription is a value of its own.
    const own: StorageListener = events => listener(events)
    const set = map.get(prefix) ?? new Set()
    map.set(prefix, set.add(own))
    return () => {
      set.delete(own)
      if (set.size === 0 && map.get(prefix) === set) map.delete(prefix)
    }
  }

  /** Hands each listener its share of the commit, in order. */
  publish(events: readonly StorageEvent[]): void {
    const shares = new Map<StorageListener, StorageEvent[]>()
    const share = (listeners: Set<StorageListener> | undefined, event: StorageEvent) => {
      for (const listener of listeners ?? []) {
        const list = shares.get(listener)
        if (list) list.push(event)
        else shares.set(listener, [event])
      }
    }
    for (const event of events) {
      const { key } = event
      for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1))
        share(this.#byDirectory.get(key.slice(0, slash + 1)), event)
      for (const [prefix, listeners] of this.#others) if (key.startsWith(prefix)) share(listeners, event)
    }
    for (const [listener, list] of shares) {
      try {
        listener(list)
      } catch (error) {
        // A broken listener must not stop the others, nor the commit; it still fails loudly.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
