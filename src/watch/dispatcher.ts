/** Finds the watchers a change may concern: a watch of one object, field value or namespace is not asked about others. */
import type { Change } from './change.js'
import type { Entry } from './entry.js'
import type { FieldReaders, Selector } from './selection.js'
import type { CacheWatcher } from './watcher.js'

const everything = 'all'

/** Watchers that select the same: a change is looked at once for all of them. */
interface Group {
  selector: Selector
  watchers: Set<CacheWatcher>
}

export class Dispatcher {
  readonly #prefix: string
  readonly #readers: FieldReaders
  /** By scope, then by signature. */
  readonly #scopes = new Map<string, Map<string, Group>>()
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
    for (const groups of this.#scopes.values()) for (const { watchers } of groups.values()) yield* watchers
  }

  /** `namespaced` is the scope of the kind. */
  add(watcher: CacheWatcher, namespaced: boolean): () => void {
    const { selector } = watcher
    const { scope, field } = this.#scopeOf(watcher, namespaced)
    const { signature } = selector
    const groups = this.#scopes.get(scope) ?? new Map<string, Group>()
    const group = groups.get(signature) ?? { selector, watchers: new Set() }
    this.#scopes.set(scope, groups.set(signature, group))
    group.watchers.add(watcher)
    if (field) this.#fields.set(field, (this.#fields.get(field) ?? 0) + 1)
    return () => {
      if (!group.watchers.delete(watcher)) return
      if (group.watchers.size === 0) groups.delete(signature)
      if (groups.size === 0) this.#scopes.delete(scope)
      if (field) this.#release(field)
    }
  }

  /** Offers the change; watchers that took something are added to `touched`. */
  dispatch(change: Change, touched: Set<CacheWatcher>): void {
    for (const scope of this.#scopesOf(change))
      for (const { selector, watchers } of this.#scopes.get(scope)?.values() ?? []) {
        const event = change.eventFor(entry => selector.matches(entry))
        if (!event) continue
        for (const watcher of watchers) if (watcher.offer(event, change.revision)) touched.add(watcher)
      }
  }

  #release(field: string): void {
    const left = this.#fields.get(field)! - 1
    if (left) this.#fields.set(field, left)
    else this.#fields.delete(field)
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
