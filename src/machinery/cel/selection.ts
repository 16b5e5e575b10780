/** Fields and elements of values, and whether they are there. */
import { compareNumbers } from './equality.js'
import { CelError, isList, isMap, isObject, type ListValue, Optional, Uint, type Value } from './values.js'

/** `value.field`. Throws CelError. */
export function selectField(value: Value, field: string): Value {
  if (value instanceof Optional)
    return value.value === undefined || !hasField(value.value, field)
      ? Optional.none
      : new Optional(selectField(value.value, field))
  const found = fieldOf(value, field)
  if (found === undefined) throw new CelError(`no such key: ${field}`)
  return found
}

function fieldOf(value: Value, field: string): Value | undefined {
  if (isMap(value)) return value.get(field)
  if (isObject(value)) return value.field(field)
  if (isList(value)) throw new CelError("unsupported index type 'string' in list")
  return undefined
}

/** `has(value.field)`. Throws CelError of a list. */
export function hasField(value: Value, field: string): boolean {
  if (value instanceof Optional) return value.value !== undefined && hasField(value.value, field)
  return fieldOf(value, field) !== undefined
}

/** `value[index]`; `optional`: `value[?index]`, which is none where nothing is. Throws CelError. */
export function indexValue(value: Value, index: Value, optional: boolean): Value {
  const wrapped = value instanceof Optional
  const held = wrapped ? value.value : value
  if (held === undefined) return Optional.none
  const found = elementOf(held, index, optional || wrapped)
  if (!optional && !wrapped) return found!
  return found === undefined ? Optional.none : new Optional(found)
}

function elementOf(value: Value, index: Value, mayMiss: boolean): Value | undefined {
  if (isList(value)) return listElement(value, index, mayMiss)
  const found = isMap(value) ? value.get(index) : isObject(value) ? value.field(String(index)) : undefined
  if (found === undefined && !mayMiss) throw new CelError(`no such key: ${keyShown(index)}`)
  return found
}

function listElement(list: ListValue, index: Value, mayMiss: boolean): Value | undefined {
  const isNumber = typeof index === 'bigint' || typeof index === 'number' || index instanceof Uint
  if (!isNumber) throw new CelError(`unsupported index type '${typeof index}' in list`)
  const position = Number(index instanceof Uint ? index.value : index)
  const inside = Number.isInteger(position) && compareNumbers(position, 0n) >= 0 && position < list.length
  if (inside) return list.at(position)
  if (mayMiss) return undefined
  throw new CelError(`index out of bounds: ${position}`)
}

const keyShown = (key: Value): string => (key instanceof Uint ? String(key.value) : String(key))
