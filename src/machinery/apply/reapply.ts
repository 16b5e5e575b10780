/**
 * An apply by a manager that applied the same fields before: the usual one. One walk through what it sent finds the values that differ;
 * nothing is merged, pruned or compared, and its set of fields stays the one it had.
 */

import { cloneJson } from '../clone.js'
import { isJsonObject } from '../structural/json-schema.js'
import { type FieldSet, hasElement, hasPath, isEmpty, leaf, self, sizeOf } from './field-set.js'
import { elementOf } from './list-elements.js'
import { idOf, type ManagerIdentity, type Managers } from './managers.js'
import type { MergeContext } from './merge-context.js'
import { type MergeType, typeFor } from './merge-type.js'
import { fieldElement, type PathElement, TypedError } from './path-element.js'
import { hasNull } from './prune.js'
import { sameJson } from './same-json.js'
import { checkApplied } from './validate-applied.js'

type Fields = Record<string, unknown>

/** A value of the live object that becomes another. */
interface ChangedValue {
  readonly holder: Fields | unknown[]
  readonly key: string | number
  readonly value: unknown
  readonly path: readonly PathElement[]
}

/** Whether two items of a list are one, of which most write all of their keys. */
function isSameItem(list: MergeType, a: unknown, b: unknown): boolean {
  if (!isJsonObject(a) || !isJsonObject(b)) return a === b
  for (const key of list.keys) {
    if (!Object.hasOwn(a, key) || !Object.hasOwn(b, key)) return elementOf(list, a) === elementOf(list, b)
    if (a[key] !== b[key]) return false
  }
  return true
}

const areDistinct = (list: MergeType, items: readonly unknown[]): boolean =>
  new Set(items.map(item => elementOf(list, item))).size === items.length

/** A place in the applied object: what of the live object stands there, what its manager owned there, and whether that is a member itself. */
interface Place {
  readonly node: FieldSet
  readonly isMember: boolean
  readonly ignored: FieldSet
}

/** Every method is true where a value is in the live object and in the set as it should be; false leaves it to the merge. */
class Reapplication {
  readonly changes: ChangedValue[] = []
  readonly #path: PathElement[] = []

  fields(type: MergeType, live: Fields, applied: Fields, { node, isMember, ignored }: Place): boolean {
    let count = isMember ? 1 : 0
    for (const name of Object.keys(applied)) {
      const field = type.field(name)
      const inner = field?.type ?? type.items
      if (!inner || !Object.hasOwn(live, name) || name === '__proto__') return false
      const element = field?.element ?? fieldElement(name)
      const value = applied[name]
      if (hasElement(ignored, element)) {
        if (typeof value === 'object' || live[name] !== value) return false
        continue
      }
      const skipped = Object.hasOwn(ignored, element) ? ignored[element] : undefined
      const child = Object.hasOwn(node, element) ? node[element] : undefined
      // Of what holds nothing but what nobody owns, as metadata with a name alone, the set knows nothing.
      if (!child && !skipped) return false
      this.#path.push(element)
      const place = { node: child ?? leaf, isMember: !field, ignored: skipped ?? leaf }
      if (!this.#value(inner, { holder: live, key: name, value }, place)) return false
      this.#path.pop()
      if (child) count++
    }
    return sizeOf(node) === count && Object.hasOwn(node, self) === isMember
  }

  #value(declared: MergeType, change: Omit<ChangedValue, 'path'>, place: Place): boolean {
    const { holder, key, value } = change
    const before = (holder as Fields)[key]
    if (before === null || before === undefined || value === null || value === undefined) return false
    const type = typeFor(declared, value)
    if (type.shape === 'scalar' || type.atomic) return isEmpty(place.node) && this.#whole(declared, change, before)
    if (type.shape === 'list')
      return Array.isArray(value) && Array.isArray(before) && this.#items(type, before, value, place)
    if (!isJsonObject(value) || !isJsonObject(before)) return false
    return isEmpty(value as FieldSet) ? isEmpty(place.node) : this.fields(type, before, value, place)
  }

  /** A scalar, or what is merged as one. */
  #whole(declared: MergeType, change: Omit<ChangedValue, 'path'>, before: unknown): boolean {
    const { value } = change
    if (before === value) return true
    if (typeof value === 'object' && hasNull(value)) return false
    if (sameJson(before, value)) return true
    checkApplied(declared, value)
    this.changes.push({ ...change, path: [...this.#path] })
    return true
  }

  /** The applied items stand in the live list in their order; others may stand between them. */
  #items(type: MergeType, live: unknown[], applied: readonly unknown[], { node, isMember }: Place): boolean {
    if (!applied.length || sizeOf(node) !== applied.length + (isMember ? 1 : 0)) return false
    if (Object.hasOwn(node, self) !== isMember) return false
    if (live.length !== applied.length && !areDistinct(type, live)) return false
    const met = new Set<PathElement>()
    let at = 0
    for (const item of applied) {
      const element = elementOf(type, item)
      if (met.has(element) || !Object.hasOwn(node, element)) return false
      met.add(element)
      while (at < live.length && !isSameItem(type, live[at], item)) at++
      if (at === live.length) return false
      this.#path.push(element)
      const place = { node: node[element]!, isMember: true, ignored: leaf }
      if (!this.#value(type.items!, { holder: live, key: at, value: item }, place)) return false
      this.#path.pop()
      at++
    }
    return true
  }
}

/**
 * What of `live` an apply changes. Undefined where only a merge can tell: the manager applies other fields than before, or in another
 * order, another manager owns what changes, or something needs a closer look. Nothing is changed.
 */
export function findChangedValues(
  { type, ignored, apiVersion }: MergeContext,
  { live, applied }: { live: Fields; applied: Fields },
  { managers, identity }: { managers: Managers; identity: ManagerIdentity },
): readonly ChangedValue[] | undefined {
  for (const manager of managers.values())
    if (manager.apiVersion !== apiVersion || isEmpty(manager.set)) return undefined
  const last = managers.get(idOf(identity))
  if (!last) return undefined
  const walk = new Reapplication()
  try {
    if (!walk.fields(type, live, applied, { node: last.set, isMember: false, ignored })) return undefined
  } catch (error) {
    if (error instanceof TypedError) return undefined
    throw error
  }
  for (const manager of managers.values())
    if (manager !== last && walk.changes.some(({ path }) => hasPath(manager.set, path))) return undefined
  return walk.changes
}

/** Carries out what was found. */
export function changeValues(changes: readonly ChangedValue[]): void {
  for (const { holder, key, value } of changes) (holder as Fields)[key] = cloneJson(value)
}
