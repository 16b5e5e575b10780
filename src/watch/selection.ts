/** Which objects a list or watch is about: a namespace, labels, fields; and whether a look-up can narrow it down. */
import type { AnyObject } from '../machinery/object-meta.js'
import { type FieldSelector, requiredField } from '../machinery/selector/field-selector.js'
import { type LabelMatcher, matchesLabels, requiredLabel } from '../machinery/selector/label-selector.js'
import type { Entry } from './entry.js'

/** Values of fields that selectors may name, besides metadata.name and metadata.namespace. */
export type FieldReaders = Readonly<Record<string, (object: AnyObject) => string>>

export interface Selection {
  namespace?: string
  labels: LabelMatcher
  fields: FieldSelector
}

/** An index to look in: objects whose label or field has that value. */
export interface IndexTerm {
  index: string
  value: string
}

export const labelIndex = (key: string): string => `label ${key}`
export const fieldIndex = (field: string): string => `field ${field}`

export class Selector {
  readonly namespace: string | undefined
  /** Keys of everything it can select begin with this. */
  readonly keyPrefix: string
  readonly #selection: Selection
  readonly #prefix: string
  readonly #readers: FieldReaders

  /** `prefix` is the resource's, ending in '/'. */
  constructor(selection: Selection, prefix: string, readers: FieldReaders) {
    this.#selection = selection
    this.#prefix = prefix
    this.#readers = readers
    this.namespace = selection.namespace ?? requiredField(selection.fields, 'metadata.namespace')
    this.keyPrefix = this.namespace === undefined ? prefix : `${prefix}${this.namespace}/`
  }

  /** Selectors of one resource with the same signature select the same. */
  get signature(): string {
    return JSON.stringify(this.#selection)
  }

  /** Set when a name is demanded and the namespace, if any, is known: at most one object. `namespaced` is the kind's scope. */
  key(namespaced: boolean): string | undefined {
    const name = requiredField(this.#selection.fields, 'metadata.name')
    if (!name || (namespaced && this.namespace === undefined)) return undefined
    return (namespaced ? this.keyPrefix : this.#prefix) + name
  }

  /** Neither labels nor fields. */
  get isEmpty(): boolean {
    const { labels, fields } = this.#selection
    return labels.requirements.length === 0 && !labels.nothing && fields.requirements.length === 0
  }

  /** Fields first: they are known for few values. */
  *terms(): Generator<IndexTerm> {
    for (const { field } of this.#selection.fields.requirements) {
      const value = this.#readers[field] && requiredField(this.#selection.fields, field)
      if (value !== undefined) yield { index: fieldIndex(field), value }
    }
    for (const { key } of this.#selection.labels.requirements) {
      const value = requiredLabel(this.#selection.labels, key)
      if (value !== undefined) yield { index: labelIndex(key), value }
    }
  }

  matches(entry: Entry): boolean {
    const { labels, fields } = this.#selection
    if (!entry.key.startsWith(this.keyPrefix)) return false
    for (const { field, operator, value } of fields.requirements)
      if ((this.#fieldOf(entry, field) === value) !== (operator === '=')) return false
    return (labels.requirements.length === 0 && !labels.nothing) || matchesLabels(labels, entry.labels)
  }

  #fieldOf(entry: Entry, field: string): string {
    const slash = entry.key.lastIndexOf('/')
    if (field === 'metadata.name') return entry.key.slice(slash + 1)
    if (field === 'metadata.namespace')
      return entry.key.slice(this.#prefix.length, Math.max(slash, this.#prefix.length))
    const read = this.#readers[field]
    return read ? entry.field(field, read) : ''
  }
}
