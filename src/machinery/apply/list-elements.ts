/** Tells the items of a set or a keyed list apart. */
import type { MergeType } from './merge-type.js'
import { keyElement, type PathElement, TypedError, valueElement } from './path-element.js'

type Fields = Readonly<Record<string, unknown>>

function keyedElement(list: MergeType, item: unknown): PathElement {
  if (item === null) throw new TypedError('associative list with keys may not have a null element')
  if (typeof item !== 'object' || Array.isArray(item))
    throw new TypedError('associative list with keys may not have non-map elements')
  const names: string[] = []
  const values: unknown[] = []
  for (const name of list.keys) {
    const value = Object.hasOwn(item as Fields, name) ? (item as Fields)[name] : list.items?.field(name)?.fallback
    if (value === undefined) continue
    names.push(name)
    values.push(value)
  }
  if (!names.length)
    throw new TypedError(
      `associative list with keys has an element that omits all key fields [${list.keys.map(key => JSON.stringify(key)).join(' ')}] (and doesn't have default values for any key fields)`,
    )
  return keyElement(names, values)
}

function setElement(item: unknown): PathElement {
  if (item === null) throw new TypedError("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new TypedError('not supported: associative list with lists as elements')
  if (typeof item === 'object') throw new TypedError("associative list without keys has an element that's a map type")
  return valueElement(item)
}

/** The path element of an item; throws a TypedError when it has none. Keys that are not set count with their default. */
export const elementOf = (list: MergeType, item: unknown): PathElement =>
  list.keys.length ? keyedElement(list, item) : setElement(item)
