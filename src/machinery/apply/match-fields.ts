/** Whether the writer of a new object comes to own exactly a known set: asked before the set is written out again. */
import { isJsonObject } from '../structural/json-schema.js'
import { type FieldSet, hasElement, isEmpty, self, sizeOf } from './field-set.js'
import { elementOf } from './list-elements.js'
import { type MergeType, typeFor } from './merge-type.js'
import { fieldElement, type PathElement } from './path-element.js'
import { sameJson } from './same-json.js'

type Fields = Readonly<Record<string, unknown>>

const none = Object.freeze({}) as FieldSet

/** False where items share an element: then the set is written out. */
function matchesItems(type: MergeType, list: readonly unknown[], node: FieldSet, isSelf: boolean): boolean {
  if (sizeOf(node) !== list.length + (isSelf ? 1 : 0)) return false
  if (isSelf !== Object.hasOwn(node, self)) return false
  const seen = list.length > 1 ? new Set<PathElement>() : undefined
  for (const item of list) {
    const element = elementOf(type, item)
    if (seen?.has(element)) return false
    seen?.add(element)
    const inner = node[element]
    if (!inner || !matchesNew(type.items!, item, inner)) return false
  }
  return true
}

function matchesNew(declared: MergeType, value: unknown, node: FieldSet): boolean {
  const type = typeFor(declared, value)
  if (type.shape === 'scalar' || type.atomic) return isEmpty(node)
  if (type.shape === 'list')
    return Array.isArray(value) && value.length ? matchesItems(type, value, node, true) : isEmpty(node)
  if (!isJsonObject(value)) return isEmpty(node)
  let count = 0
  for (const name in value) {
    const field = type.field(name)
    const inner = field?.type ?? type.items
    if (!inner || value[name] === undefined) continue
    const child = node[field?.element ?? fieldElement(name)]
    if (!child || !matchesNew(inner, value[name], child)) return false
    count++
  }
  return sizeOf(node) === (count ? count + 1 : 0)
}

/** `node` undefined: nothing is owned. */
function matchesChanged(
  declared: MergeType,
  { zero, value, ignored }: { zero: unknown; value: unknown; ignored: FieldSet },
  node: FieldSet | undefined,
): boolean {
  const type = typeFor(declared, value)
  if (!type.atomic && type.shape === 'map' && isJsonObject(value))
    return matchesFields(type, { zero, value, ignored }, node)
  if (!type.atomic && type.shape === 'list' && Array.isArray(value) && value.length)
    return node !== undefined && matchesItems(type, value, node, false)
  return sameJson(zero, value) ? node === undefined : node !== undefined && isEmpty(node)
}

function matchesFields(
  type: MergeType,
  { zero, value, ignored }: { zero: unknown; value: Fields; ignored: FieldSet },
  node: FieldSet | undefined,
): boolean {
  const before = isJsonObject(zero) ? zero : (none as Fields)
  let count = 0
  for (const name in value) {
    const field = type.field(name)
    const element = field?.element ?? fieldElement(name)
    const skipped = Object.hasOwn(ignored, element) ? ignored[element]! : none
    const fieldType = field?.type ?? type.items
    const item = value[name]
    if (!fieldType || item === undefined || hasElement(ignored, element)) continue
    const child = node && Object.hasOwn(node, element) ? node[element] : undefined
    if (Object.hasOwn(before, name)) {
      if (!matchesChanged(fieldType, { zero: before[name], value: item, ignored: skipped }, child)) return false
    } else if (!child || !matchesNew(fieldType, item, child)) return false
    if (child) count++
  }
  return count === (node ? sizeOf(node) : 0)
}

/** As `newFieldsText` would write it. Throws a TypedError for list items that cannot be told apart. */
export const matchesNewFields = (
  type: MergeType,
  { zero, object, ignored }: { zero: Fields; object: Fields; ignored: FieldSet },
  set: FieldSet,
): boolean => matchesFields(type, { zero, value: object, ignored }, set)
