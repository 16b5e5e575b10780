/** Secondary indexes of a cache, by label or field: made when first asked for, kept up to date from then on. */
import type { Entry } from './entry.js'
import type { FieldReaders } from './selection.js'
import { fieldIndex } from './selection.js'

type ValueOf = (entry: Entry) => string | undefined

class SecondaryIndex {
  readonly #read: ValueOf
  readonly #byValue = new Map<string, Map<string, Entry>>()

  constructor(read: ValueOf, entries: Iterable<Entry>) {
    this.#read = read
    for (const entry of entries) this.#add(entry)
  }

  get(value: string): ReadonlyMap<string, Entry> {
    return this.#byValue.get(value) ?? new Map()
  }

  replace(previous: Entry | undefined, current: Entry | undefined): void {
    if (previous) this.#remove(previous)
    if (current) this.#add(current)
  }

  #add(entry: Entry): void {
    const value = this.#read(entry)
    if (value === undefined) return
    const entries = this.#byValue.get(value)
    if (entries) entries.set(entry.key, entry)
    else this.#byValue.set(value, new Map([[entry.key, entry]]))
  }

  #remove(entry: Entry): void {
    const value = this.#read(entry)
    const entries = value === undefined ? undefined : this.#byValue.get(value)
    entries?.delete(entry.key)
    if (entries?.size === 0) this.#byValue.delete(value!)
  }
}

/** A label that is selected by is likely to be again; of many only the latest keep their index. */
const maxLabelIndexes = 8

export class IndexSet {
  readonly #readers: FieldReaders
  readonly #indexes = new Map<string, SecondaryIndex>()

  constructor(readers: FieldReaders) {
    this.#readers = readers
  }

  /** Entries with that value, by key. `entries` is everything, read when the index must be made. */
  lookUp(index: string, value: string, entries: () => Iterable<Entry>): ReadonlyMap<string, Entry> {
    let found = this.#indexes.get(index)
    if (!found) {
      found = new SecondaryIndex(this.#valueOf(index), entries())
      this.#dropOldestLabel()
    }
    this.#indexes.delete(index)
    this.#indexes.set(index, found)
    return found.get(value)
  }

  replace(previous: Entry | undefined, current: Entry | undefined): void {
    for (const index of this.#indexes.values()) index.replace(previous, current)
  }

  #valueOf(index: string): ValueOf {
    const [kind, name] = [index.slice(0, index.indexOf(' ')), index.slice(index.indexOf(' ') + 1)]
    if (kind === 'label')
      return entry => (entry.labels && Object.hasOwn(entry.labels, name) ? entry.labels[name] : undefined)
    const read = this.#readers[name]!
    return entry => entry.field(name, read)
  }

  #dropOldestLabel(): void {
    const labels = [...this.#indexes.keys()].filter(name => !name.startsWith(fieldIndex('')))
    if (labels.length >= maxLabelIndexes) this.#indexes.delete(labels[0]!)
  }
}
