/** FieldsV1 texts: sets that are alike are one, and each is printed once however often its object is. */
import { type FieldSet, sameSet } from './field-set.js'

const texts = new WeakMap<FieldSet, string>()

/** The set as JSON. */
export function textOfSet(set: FieldSet): string {
  let text = texts.get(set)
  if (text === undefined) texts.set(set, (text = JSON.stringify(set)))
  return text
}

/** Keeps this many: the objects of a cluster have few shapes. */
const maxSets = 500
const maxRecent = 8

/** Sets by their text. */
export class SetTable {
  readonly #sets = new Map<string, FieldSet>()

  /** Those that were met last, the very last one first. */
  readonly #recent: FieldSet[] = []

  /** One of those met last: objects come in series. */
  findRecent(matches: (set: FieldSet) => boolean): FieldSet | undefined {
    const at = this.#recent.findIndex(matches)
    if (at < 0) return undefined
    const found = this.#recent[at]!
    if (at > 0) this.#moveToFront(at, found)
    return found
  }

  #moveToFront(at: number, set: FieldSet): void {
    this.#recent.splice(at, 1)
    this.#recent.unshift(set)
  }

  /** `text` is FieldsV1 in canonical form. */
  read(text: string): FieldSet {
    const set = this.#intern(text)
    this.#recent.unshift(set)
    if (this.#recent.length > maxRecent) this.#recent.pop()
    return set
  }

  /** One for all that are alike: `known` where it holds the same paths, which costs least, else the one of that text. */
  shared(set: FieldSet, known: FieldSet | undefined): FieldSet {
    return known && sameSet(known, set) ? known : this.#intern(textOfSet(set), set)
  }

  /** As `read`, of an object that is not new. */
  of(text: string): FieldSet {
    return this.#intern(text)
  }

  #intern(text: string, made?: FieldSet): FieldSet {
    const known = this.#sets.get(text)
    if (known) return known
    if (this.#sets.size >= maxSets) this.#sets.clear()
    const set = made ?? (JSON.parse(text) as FieldSet)
    texts.set(set, text)
    this.#sets.set(text, set)
    return set
  }
}
