/** Compares two objects of one type: which paths the second changed or added, and which it removed. */

import { hasGivenEmpty, holdsGivenEmpty } from '../schema/given-empty.js'
import { isJsonObject } from '../structural/json-schema.js'
import { type FieldSet, FieldSetBuilder, hasElement, isEmpty, leaf, withSelf } from './field-set.js'
import { elementOf } from './list-elements.js'
import { type MergeType, typeFor } from './merge-type.js'
import { fieldElement, type PathElement } from './path-element.js'
import { sameJson } from './same-json.js'

export interface Comparison {
  /** Paths with another value, and paths that are new. */
  readonly changed: FieldSet
  readonly removed: FieldSet
}

type Fields = Readonly<Record<string, unknown>>

/** Values of a list by their element; `doubled` ones are many. */
interface Indexed {
  readonly values: Map<PathElement, unknown>
  readonly doubled: Map<PathElement, unknown[]> | undefined
}

function indexList(type: MergeType, list: unknown): Indexed {
  const values = new Map<PathElement, unknown>()
  let doubled: Map<PathElement, unknown[]> | undefined
  if (Array.isArray(list))
    for (const item of list) {
      const element = elementOf(type, item)
      const many = doubled?.get(element)
      if (many) many.push(item)
      else if (values.has(element)) (doubled ??= new Map()).set(element, [values.get(element), item])
      else values.set(element, item)
    }
  return { values, doubled }
}

const sameList = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((item, i) => sameJson(item, b[i]))

class Comparer {
  /** What the last visit found, besides what it returned. */
  removed: FieldSet | undefined

  /** `mindsEmpty`: a list or map was sent empty somewhere in the second object. */
  constructor(private readonly mindsEmpty: boolean) {}

  /** Returns what changed, as a node; `ignored` are paths that are not looked at. */
  visit(type: MergeType, a: unknown, b: unknown, ignored?: FieldSet): FieldSet | undefined {
    this.removed = undefined
    if (a === b) return undefined
    if (type.shape !== 'any') return this.#visitAs(type, a, b, ignored)
    const left = typeFor(type, a)
    const right = typeFor(type, b)
    const onlyLeft = b === undefined || b === null
    if (onlyLeft || a === undefined || a === null || left === right)
      return this.#visitAs(onlyLeft ? left : right, a, b, ignored)
    return this.#visitOtherShape({ left, right }, a, b)
  }

  /** A scalar became a map, a list a scalar, …: the path changed, and what stood or stands below it went or came. */
  #visitOtherShape({ left, right }: { left: MergeType; right: MergeType }, a: unknown, b: unknown): FieldSet {
    const sides = { isNew: false, isGone: false }
    const changed = isJsonObject(b) ? this.#visitFields(right, { ...sides, right: b }, undefined) : undefined
    this.removed = undefined
    if (isJsonObject(a)) this.#visitFields(left, { ...sides, left: a }, undefined)
    return changed ? withSelf(changed) : leaf
  }

  #visitAs(type: MergeType, a: unknown, b: unknown, ignored?: FieldSet): FieldSet | undefined {
    if (type.shape === 'map' || type.shape === 'any') {
      const left = isJsonObject(a) ? a : undefined
      const right = isJsonObject(b) ? b : undefined
      if (!type.atomic && !(isEmpty(left as FieldSet) && isEmpty(right as FieldSet)))
        return this.#visitFields(type, { left, right, isNew: a === undefined, isGone: b === undefined }, ignored)
    } else if (type.shape === 'list' && !type.atomic) {
      const hasItems = (Array.isArray(a) && a.length > 0) || (Array.isArray(b) && b.length > 0)
      if (hasItems) return this.#visitItems(type, a, b)
    }
    return this.#visitLeaf(a, b)
  }

  #visitLeaf(a: unknown, b: unknown): FieldSet | undefined {
    if (a === undefined) return leaf
    if (b === undefined) {
      this.removed = leaf
      return undefined
    }
    if (!sameJson(a, b)) return leaf
    // To upstream, an item of a list that is one value has changed when something in it is empty now, not absent.
    return this.mindsEmpty && Array.isArray(b) && holdsGivenEmpty(b) ? leaf : undefined
  }

  #visitFields(
    type: MergeType,
    { left, right, isNew, isGone }: { left?: Fields; right?: Fields; isNew: boolean; isGone: boolean },
    ignored: FieldSet | undefined,
  ): FieldSet | undefined {
    let changed: FieldSetBuilder | undefined
    let removed: FieldSetBuilder | undefined
    if (isNew) (changed = new FieldSetBuilder()).addSelf()
    if (isGone) (removed = new FieldSetBuilder()).addSelf()
    const visitField = (name: string) => {
      const field = type.field(name)
      const a = left && Object.hasOwn(left, name) ? left[name] : undefined
      const b = right && Object.hasOwn(right, name) ? right[name] : undefined
      const fieldType = field?.type ?? type.items
      if (a === b || !fieldType) return
      const element = field?.element ?? fieldElement(name)
      let inner: FieldSet | undefined
      if (ignored && Object.hasOwn(ignored, element)) {
        if (hasElement(ignored, element)) return
        inner = ignored[element]
      }
      const node = this.visit(fieldType, a, b, inner)
      if (node) (changed ??= new FieldSetBuilder()).add(element, node)
      if (this.removed) (removed ??= new FieldSetBuilder()).add(element, this.removed)
    }
    for (const name in right) visitField(name)
    for (const name in left) if (!right || !Object.hasOwn(right, name)) visitField(name)
    this.removed = removed?.build()
    return changed?.build()
  }

  #visitItems(type: MergeType, a: unknown, b: unknown): FieldSet | undefined {
    if (sameJson(a, b)) return undefined
    const left = indexList(type, a)
    const right = indexList(type, b)
    const changed = new FieldSetBuilder()
    const removed = new FieldSetBuilder()
    if (a === undefined) changed.addSelf()
    if (b === undefined) removed.addSelf()
    const visitItem = (element: PathElement) => {
      if (left.doubled?.has(element) || right.doubled?.has(element)) {
        this.#visitDoubled(type, { left, right, element }, { changed, removed })
        return
      }
      changed.add(element, this.visit(type.items!, left.values.get(element), right.values.get(element)))
      removed.add(element, this.removed)
    }
    for (const element of right.values.keys()) visitItem(element)
    for (const element of left.values.keys()) if (!right.values.has(element)) visitItem(element)
    this.removed = removed.build()
    return changed.build()
  }

  /** Items that share an element are one value; what they leave behind, or come from, is compared by itself. */
  #visitDoubled(
    type: MergeType,
    { left, right, element }: { left: Indexed; right: Indexed; element: PathElement },
    { changed, removed }: { changed: FieldSetBuilder; removed: FieldSetBuilder },
  ): void {
    const before = left.doubled?.get(element)
    const after = right.doubled?.get(element)
    if (before && after) {
      if (!sameList(before, after)) changed.add(element, leaf)
    } else if (before) {
      if (right.values.has(element)) changed.add(element, this.visit(type.items!, undefined, right.values.get(element)))
      removed.add(element, leaf)
    } else {
      const gone = left.values.has(element)
      if (gone) this.visit(type.items!, left.values.get(element), undefined)
      removed.add(element, gone ? this.removed : undefined)
      changed.add(element, leaf)
    }
  }
}

/** Throws a TypedError for list items that cannot be told apart. `ignored` are paths, with all below them, that are not compared. */
export function compareObjects(type: MergeType, a: unknown, b: unknown, ignored?: FieldSet): Comparison {
  const comparer = new Comparer(hasGivenEmpty(b))
  const changed = comparer.visit(type, a, b, ignored) ?? leaf
  return { changed, removed: comparer.removed ?? leaf }
}
