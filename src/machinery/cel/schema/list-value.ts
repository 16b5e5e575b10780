/** Lists of a schema that are sets or maps: their order does not matter to equality, and `+` merges. */
import { equals } from '../equality.js'
import { elementsOf, isList, isMap, keyText, type ListValue, newList, type Value } from '../values.js'

/** Finds values among others; texts and numbers at once, others one by one. */
class Members {
  readonly #texts = new Set<string>()
  readonly #others: Value[] = []

  has(value: Value): boolean {
    const text = keyText(value)
    return text.startsWith('?') ? this.#others.some(other => equals(other, value)) : this.#texts.has(text)
  }

  add(value: Value): void {
    const text = keyText(value)
    if (text.startsWith('?')) this.#others.push(value)
    else this.#texts.add(text)
  }
}

/** x-kubernetes-list-type `set`. */
export class SetList implements ListValue {
  readonly list = true
  #members: Members | undefined

  constructor(private readonly items: ListValue) {}

  get length(): number {
    return this.items.length
  }

  at(index: number): Value {
    return this.items.at(index)
  }

  #all(): Members {
    if (this.#members) return this.#members
    const members = new Members()
    for (const item of elementsOf(this.items)) members.add(item)
    this.#members = members
    return members
  }

  equalTo(other: Value): boolean {
    if (!isList(other) || other.length !== this.length) return false
    const members = this.#all()
    for (const item of elementsOf(other)) if (!members.has(item)) return false
    return true
  }

  /** What is in both stays where it is. */
  plus(other: ListValue): ListValue {
    const joined: Value[] = []
    const members = new Members()
    for (const list of [this.items, other])
      for (const item of elementsOf(list)) {
        if (members.has(item)) continue
        members.add(item)
        joined.push(item)
      }
    return new SetList(newList(joined))
  }
}

/** x-kubernetes-list-type `map`. */
export class MapList implements ListValue {
  readonly list = true
  #byKey: ReadonlyMap<string, Value> | undefined

  /** `keys` as expressions write them. */
  constructor(
    private readonly items: ListValue,
    private readonly keys: readonly string[],
  ) {}

  get length(): number {
    return this.items.length
  }

  at(index: number): Value {
    return this.items.at(index)
  }

  #keyOf(item: Value): string {
    if (!isMap(item)) return ''
    return this.keys
      .map(key => item.get(key))
      .map(value => (value === undefined ? '' : keyText(value)))
      .join('\0')
  }

  equalTo(other: Value): boolean {
    if (!isList(other) || other.length !== this.length) return false
    this.#byKey ??= new Map([...elementsOf(this.items)].map(item => [this.#keyOf(item), item]))
    for (const item of elementsOf(other)) {
      const own = this.#byKey.get(this.#keyOf(item))
      if (own === undefined || !equals(own, item)) return false
    }
    return true
  }

  /** Items of the other replace those with the same keys where they are. */
  plus(other: ListValue): ListValue {
    const joined = [...elementsOf(this.items)]
    const places = new Map(joined.map((item, i) => [this.#keyOf(item), i]))
    for (const item of elementsOf(other)) {
      const place = places.get(this.#keyOf(item))
      if (place === undefined) joined.push(item)
      else joined[place] = item
    }
    return new MapList(newList(joined), this.keys)
  }
}
