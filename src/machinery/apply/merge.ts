/** Merges an applied object into the live one: what both have is the applied one's, nothing is removed. */
import { isJsonObject } from '../structural/json-schema.js'
import { elementOf } from './list-elements.js'
import { type MergeType, typeFor } from './merge-type.js'
import type { PathElement } from './path-element.js'

type Fields = Record<string, unknown>

const isEmptyFields = (value: unknown) => !isJsonObject(value) || Object.keys(value).length === 0
const isEmptyList = (value: unknown) => !Array.isArray(value) || value.length === 0

function define(target: Fields, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

function mergeFields(type: MergeType, live: Fields, applied: Fields): Fields | undefined {
  const merged: Fields = {}
  for (const name of Object.keys(live)) {
    const inner = type.field(name)?.type ?? type.items
    const other = Object.hasOwn(applied, name) ? applied[name] : undefined
    const value = inner ? mergeValues(inner, live[name], other) : live[name]
    if (value !== undefined) define(merged, name, value)
  }
  for (const name of Object.keys(applied))
    if (!Object.hasOwn(live, name) && applied[name] !== undefined) define(merged, name, applied[name])
  return Object.keys(merged).length ? merged : undefined
}

/** Items of a list with their elements; `values` has each element once, null where there are many. */
interface Items {
  readonly elements: readonly PathElement[]
  readonly values: ReadonlyMap<PathElement, unknown>
}

function indexItems(type: MergeType, list: readonly unknown[]): Items {
  const elements = list.map(item => elementOf(type, item))
  const values = new Map<PathElement, unknown>()
  elements.forEach((element, i) => {
    values.set(element, values.has(element) ? null : list[i])
  })
  return { elements, values }
}

/**
 * Keeps the order of the live list unless the applied one orders shared items otherwise: then these stand as they were applied, and
 * the others stay before the item that they stood before. Live `a b c` with applied `c d a` gives `b c d a`.
 */
function mergeItems(type: MergeType, live: readonly unknown[], applied: readonly unknown[]): unknown[] | undefined {
  const left = indexItems(type, live)
  const right = indexItems(type, applied)
  const shared = right.elements.filter(element => left.values.has(element))
  const taken = new Set<PathElement>()
  const merged: unknown[] = []
  let l = 0
  let r = 0
  let next = shared.shift()
  const take = (element: PathElement) => {
    taken.add(element)
    const value = mergeValues(type.items!, left.values.get(element), right.values.get(element))
    if (value !== undefined) merged.push(value)
  }
  while (l < left.elements.length || r < right.elements.length) {
    const element = left.elements[l]
    if (element !== undefined && r < right.elements.length) {
      if (element === right.elements[r]) {
        take(element)
        l++
        r++
        next = shared.shift()
        continue
      }
      // Shared, but not the one that comes next.
      if (right.values.has(element) && next !== undefined && next !== element) {
        l++
        continue
      }
    }
    if (element !== undefined) {
      if (!right.values.has(element)) {
        merged.push(live[l])
        l++
        continue
      }
      if (taken.has(element)) l++
    }
    if (r < right.elements.length) {
      const wanted = right.elements[r++]!
      take(wanted)
      if (next === wanted) next = shared.shift()
    }
  }
  return merged.length ? merged : undefined
}

/** Undefined for what ends up as nothing. */
function mergeValues(declared: MergeType, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live
  if (live === undefined) return applied
  const type = typeFor(declared, applied)
  if (type.atomic || type.shape === 'scalar') return applied
  if (type.shape === 'list') {
    if (isEmptyList(live) && isEmptyList(applied)) return applied
    return mergeItems(type, Array.isArray(live) ? live : [], Array.isArray(applied) ? applied : [])
  }
  if (isEmptyFields(live) && isEmptyFields(applied)) return applied
  return mergeFields(type, isJsonObject(live) ? live : {}, isJsonObject(applied) ? applied : {})
}

/** Shares parts with both, and changes neither. Throws a TypedError for items that cannot be told apart. */
export const mergeObjects = (type: MergeType, live: Fields, applied: Fields): Fields =>
  mergeFields(type, live, applied) ?? {}
