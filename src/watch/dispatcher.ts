/** Finds the watchers a change may concern: a watch of one object, field value or namespace is not asked about others. */
import type { Change } from './change.js'
import type { Entry } from './entry.js'
import type { FieldReaders } from './selection.js'
import type { CacheWatcher } from './watcher.js'

const everything = 'all'

export class Dispatcher {
  readonly #prefix: string
  readonly #readers: FieldReaders
  readonly #scopes = new Map<string, Set<CacheWatcher>>()
  /** Fields that some watcher demands a value of, with how many do. */
  readonly #fields = new Map<string, number>()

  constructor(prefix: string, readers: FieldReaders) {
    this.#prefix = prefix
    this.#readers = readers
  }

  get isEmpty(): boolean {
    return this.#scopes.size === 0
  }

  *watchers(): Generator<CacheWatcher> {
    for (const set of this.#scopes.values()) yield* set
  }

  /** `namespaced` is the scope of the kind. */
  add(watcher: CacheWatcher, namespaced: boolean): () => void {
    const { scope, field } = this.#scopeOf(watcher, namespaced)
    const set = this.#scopes.get(scope) ?? new Set()
    this.#scopes.set(scope, set.add(watcher))
    if (field) this.#fields.set(field, (this.#fields.get(field) ?? 0) + 1)
    return () => {
      if (!set.delete(watcher)) return
      if (set.size === 0) this.#scopes.delete(scope)
      if (!field) return
      const left = this.#fields.get(field)! - 1
      if (left) this.#fields.set(field, left)
      else this.#fields.delete(field)
    }
  }

  /** Offers the change; watchers that took something are added to `touched`. */
  dispatch(change: Change, touched: Set<CacheWatcher>): void {
    for (const scope of this.#scopesOf(change))
      for (const watcher of this.#scopes.get(scope) ?? []) if (watcher.offer(change)) touched.add(watcher)
  }

  #scopeOf({ selector }: CacheWatcher, namespaced: boolean): { scope: string; field?: string } {
    const key = selector.key(namespaced)
    if (key !== undefined) return { scope: `key ${key}` }
    for (const { index, value } of selector.terms())
      if (index.startsWith('field ')) return { scope: `${index}=${value}`, field: index.slice('field '.length) }
    return { scope: selector.namespace === undefined ? everything : `namespace ${selector.keyPrefix}` }
  }

  #scopesOf({ key, current, previous }: Change): Set<string> {
    const scopes = new Set([everything, `key ${key}`])
    const slash = key.lastIndexOf('/')
    if (slash >= this.#prefix.length) scopes.add(`namespace ${key.slice(0, slash + 1)}`)
    for (const field of this.#fields.keys()) {
      const scopeOf = (entry: Entry) => `field ${field}=${entry.field(field, this.#readers[field]!)}`
      if (current) scopes.add(scopeOf(current))
      if (previous) scopes.add(scopeOf(previous))
    }
    return scopes
  }
}
