/** FieldsV1 texts: sets that are alike are one, and each is printed once however often its object is. */
import type { FieldSet } from './field-set.js'

const texts = new WeakMap<FieldSet, string>()

/** The set as JSON. */
export function textOfSet(set: FieldSet): string {
  let text = texts.get(set)
  if (text === undefined) texts.set(set, (text = JSON.stringify(set)))
  return text
}

/** Keeps this many: the objects of a cluster have few shapes. */
const maxSets = 500

/** Sets by their text. */
export class SetTable {
  readonly #sets = new Map<string, FieldSet>()

  /** `text` is FieldsV1 in canonical form. */
  read(text: string): FieldSet {
    const known = this.#sets.get(text)
    if (known) return known
    if (this.#sets.size >= maxSets) this.#sets.clear()
    const set = JSON.parse(text) as FieldSet
    texts.set(set, text)
    this.#sets.set(text, set)
    return set
  }
}
