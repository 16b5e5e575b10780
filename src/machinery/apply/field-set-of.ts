/** The paths that an applied object mentions: its leaves, the items of its lists, and the keys of its maps. */
import { isJsonObject } from '../structural/json-schema.js'
import { type FieldSet, FieldSetBuilder, isEmpty, leaf, self, withSelf } from './field-set.js'
import { elementOf } from './list-elements.js'
import { type MergeType, typeFor } from './merge-type.js'
import { fieldElement, type PathElement } from './path-element.js'

type Fields = Readonly<Record<string, unknown>>

const isEmptyFields = (value: Fields) => Object.keys(value).length === 0

function fieldsOf(type: MergeType, fields: Fields, isSelf: boolean): FieldSet | undefined {
  const set = new FieldSetBuilder()
  if (isSelf) set.addSelf()
  for (const name of Object.keys(fields)) {
    const field = type.field(name)
    const fieldType = field?.type ?? type.items
    const value = fields[name]
    if (!fieldType || value === undefined) continue
    // What the schema declares is owned by its parts, unless there are none.
    const isOwn = !field || value === null || (isJsonObject(value) && isEmptyFields(value))
    set.add(field?.element ?? fieldElement(name), nodeOf(fieldType, value, isOwn))
  }
  return set.build()
}

function itemsOf(type: MergeType, list: readonly unknown[], isSelf: boolean): FieldSet | undefined {
  const set = new FieldSetBuilder()
  if (isSelf) set.addSelf()
  const items = new Map<PathElement, unknown>()
  const doubled = new Set<PathElement>()
  for (const item of list) {
    const element = elementOf(type, item)
    if (items.has(element)) doubled.add(element)
    items.set(element, item)
  }
  for (const [element, item] of items) set.add(element, doubled.has(element) ? leaf : nodeOf(type.items!, item, true))
  return set.build()
}

function nodeOf(declared: MergeType, value: unknown, isSelf: boolean): FieldSet | undefined {
  const type = typeFor(declared, value)
  if (type.shape === 'scalar' || type.atomic) return leaf
  if (type.shape === 'list') return itemsOf(type, Array.isArray(value) ? value : [], isSelf)
  return isJsonObject(value) ? fieldsOf(type, value, isSelf) : isSelf ? leaf : undefined
}

/**
 * `{spec: {ports: [{port: 80}]}}` of a Service gives `.spec.ports[port=80,protocol="TCP"]` and the `.port` below it, but neither
 * `.spec` nor `.spec.ports`. Throws a TypedError for items that cannot be told apart.
 */
export const fieldSetOf = (type: MergeType, object: unknown): FieldSet => nodeOf(type, object, false) ?? leaf

/** Adds the declared fields that lead to members: a set with `.spec.replicas` then also holds `.spec`. */
export function withNamedFields(set: FieldSet, declared: MergeType | undefined): FieldSet {
  const result = new FieldSetBuilder()
  for (const element of Object.keys(set)) {
    const node = set[element]!
    if (element === self) result.addSelf()
    else if (isEmpty(node)) result.add(element, node)
    else {
      const field = element[0] === 'f' ? declared?.field(element.slice(2)) : undefined
      const children = withNamedFields(node, field?.type ?? declared?.items)
      result.add(element, field ? withSelf(children) : children)
    }
  }
  return result.build() ?? leaf
}
