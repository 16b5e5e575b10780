/** Takes fields, list items and map keys out of an object. */
import { below, type FieldSet, hasElement, isEmpty } from './field-set.js'
import { elementOf } from './list-elements.js'
import { type MergeType, typeFor } from './merge-type.js'
import { fieldElement } from './path-element.js'

type Fields = Record<string, unknown>

function withoutFields(type: MergeType, fields: Fields, paths: FieldSet): Fields | null {
  const kept: Fields = {}
  for (const name of Object.keys(fields)) {
    const field = type.field(name)
    const element = field?.element ?? fieldElement(name)
    if (hasElement(paths, element)) continue
    const inner = below(paths, element)
    const fieldType = field?.type ?? type.items
    const value = isEmpty(inner) || !fieldType ? fields[name] : without(fieldType, fields[name], inner)
    Object.defineProperty(kept, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return Object.keys(kept).length ? kept : null
}

function withoutItems(type: MergeType, list: readonly unknown[], paths: FieldSet): unknown[] | null {
  const kept: unknown[] = []
  for (const item of list) {
    const element = elementOf(type, item)
    if (hasElement(paths, element)) continue
    const inner = below(paths, element)
    kept.push(isEmpty(inner) ? item : without(type.items!, item, inner))
  }
  return kept.length ? kept : null
}

/** Null where nothing is left. What is one value goes as a whole when a path leads into it. */
function without(declared: MergeType, value: unknown, paths: FieldSet): unknown {
  const type = typeFor(declared, value)
  if (type.shape === 'scalar') return value
  if (type.atomic) return null
  if (type.shape === 'list') return Array.isArray(value) ? withoutItems(type, value, paths) : null
  return typeof value === 'object' && value !== null ? withoutFields(type, value as Fields, paths) : null
}

/** Shares what stays with `object`, which is not changed. */
export const removePaths = (type: MergeType, object: Fields, paths: FieldSet): Fields =>
  (without(type, object, paths) as Fields | null) ?? {}
