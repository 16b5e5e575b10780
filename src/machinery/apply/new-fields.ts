/** What the writer of a new object comes to own, as FieldsV1 text: one walk, for this is done at every create. */
import { isJsonObject } from '../structural/json-schema.js'
import { type FieldSet, hasElement } from './field-set.js'
import { elementOf } from './list-elements.js'
import { type MergeType, typeFor } from './merge-type.js'
import { compareElements, fieldElement, TypedError } from './path-element.js'
import { sameJson } from './same-json.js'

type Fields = Readonly<Record<string, unknown>>

const none = Object.freeze({}) as FieldSet

/** Insertion sort: objects have few keys, and these are often in order. */
function sortedNames(fields: Fields): string[] {
  const names = Object.keys(fields)
  if (names.length > 40) return names.sort()
  for (let i = 1; i < names.length; i++) {
    const name = names[i]!
    let at = i
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!
    names[at] = name
  }
  return names
}

function itemsText(type: MergeType, list: readonly unknown[], isSelf: boolean): string {
  const items = new Map<string, string>()
  for (const item of list) {
    const element = elementOf(type, item)
    // Items that share an element are one value.
    items.set(element, items.has(element) ? '{}' : newText(type.items!, item))
  }
  const elements = [...items.keys()]
  if (elements.length > 1) elements.sort(compareElements)
  let text = isSelf ? '".":{}' : ''
  for (const element of elements) text += `${text ? ',' : ''}${JSON.stringify(element)}:${items.get(element)}`
  return `{${text}}`
}

/** Of something that was not there: it is owned, and so is all below it. */
function newText(declared: MergeType, value: unknown): string {
  const type = typeFor(declared, value)
  if (type.shape === 'scalar' || type.atomic) return '{}'
  if (type.shape === 'list') return Array.isArray(value) && value.length ? itemsText(type, value, true) : '{}'
  if (!isJsonObject(value)) {
    // What decoding lets pass as it came, as the managed fields of a pod template.
    if (value !== null) throw new TypedError(`expected map, got ${JSON.stringify(value)}`)
    return '{}'
  }
  let text = '".":{}'
  for (const name of sortedNames(value)) {
    const field = type.field(name)
    const inner = field?.type ?? type.items
    if (inner && value[name] !== undefined)
      text += `,${field?.quoted ?? JSON.stringify(fieldElement(name))}:${newText(inner, value[name])}`
  }
  return text.length > 6 ? `{${text}}` : '{}'
}

/** Of something that is there in every object of the type; `''` when it is as it always is. */
function changedText(declared: MergeType, zero: unknown, value: unknown, ignored: FieldSet): string {
  const type = typeFor(declared, value)
  if (!type.atomic && type.shape === 'map' && isJsonObject(value)) return fieldsText(type, zero, value, ignored)
  if (!type.atomic && type.shape === 'list' && Array.isArray(value) && value.length)
    return itemsText(type, value, false)
  return sameJson(zero, value) ? '' : '{}'
}

function fieldsText(type: MergeType, zero: unknown, value: Fields, ignored: FieldSet): string {
  const before = isJsonObject(zero) ? zero : (none as Fields)
  let text = ''
  for (const name of sortedNames(value)) {
    const field = type.field(name)
    const element = field?.element ?? fieldElement(name)
    let inner = none
    if (Object.hasOwn(ignored, element)) {
      if (hasElement(ignored, element)) continue
      inner = ignored[element]!
    }
    const fieldType = field?.type ?? type.items
    const item = value[name]
    if (!fieldType || item === undefined) continue
    const node = Object.hasOwn(before, name)
      ? changedText(fieldType, before[name], item, inner)
      : newText(fieldType, item)
    if (node) text += `${text ? ',' : ''}${field?.quoted ?? JSON.stringify(element)}:${node}`
  }
  return text && `{${text}}`
}

/**
 * `zero` is an object of the type with nothing set. A Pod's gives `{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},…}}}}`;
 * `''` when there is nothing to own. Throws a TypedError for list items that cannot be told apart.
 */
export const newFieldsText = (type: MergeType, zero: Fields, object: Fields, ignored: FieldSet): string =>
  fieldsText(type, zero, object, ignored)
