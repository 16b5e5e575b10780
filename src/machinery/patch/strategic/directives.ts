/** The words of strategic merge inside a patch: where they stand, and how values that carry them are cleaned. */
import { badRequest } from '../../status-error.js'
import { formatGo, formatGoText, goTypeOf } from '../go-format.js'
import { unexplainedFailure } from '../patch-error.js'

export type Fields = Record<string, unknown>

export const patchDirective = '$patch'
export const retainKeysDirective = '$retainKeys'
export const deletePrefix = '$deleteFromPrimitiveList'
export const orderPrefix = '$setElementOrder'

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sets a field, one named `__proto__` too. */
export function setField(target: Fields, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

export const hasField = (object: Fields, key: string): boolean => Object.hasOwn(object, key)

/** The field that a parallel list speaks of: `args` of `$setElementOrder/args`. */
export function fieldOfDirective(key: string, prefix: string): string {
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1)
  const list = prefix === deletePrefix ? 'primitive list' : 'setElementOrder list'
  throw badRequest(`invalid patch format of ${list}`)
}

/** Throws upstream's complaint about a value of the wrong kind. */
export function asList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw unexplainedFailure(`expected a []interface {}, but received a ${goTypeOf(value)}`)
}

/** As `asList`, for objects. */
export function asObject(value: unknown): Fields {
  if (isObject(value)) return value
  throw unexplainedFailure(`expected a map[string]interface {}, but received a ${goTypeOf(value)}`)
}

export const noMergeKey = (item: unknown, key: string) =>
  unexplainedFailure(`map: ${formatGo(item)} does not contain declared merge key: ${key}`)

export const unknownDirective = (directive: unknown, patch: unknown) =>
  unexplainedFailure(`unknown patch type: ${formatGoText(directive)} in map: ${formatGo(patch)}`)

/** Stands for a value that is a directive itself and leaves nothing behind. */
export const dropped = Symbol('dropped')

/**
 * A value that is new to the object: without the nulls of its objects, and without objects that carry `$patch`.
 * Returns the value itself where there is nothing to clean.
 */
export function cleanNew(value: unknown): unknown {
  if (Array.isArray(value)) {
    const cleaned = value.map(cleanNew)
    const changed = cleaned.some((item, i) => item !== value[i])
    return changed ? cleaned.filter(item => item !== dropped) : value
  }
  if (!isObject(value)) return value
  if (hasField(value, patchDirective)) return dropped
  let copy: Fields | undefined
  for (const key of Object.keys(value)) {
    const field = value[key]
    const cleaned = field === null ? dropped : cleanNew(field)
    if (cleaned === field) continue
    copy ??= { ...value }
    if (cleaned === dropped) delete copy[key]
    else setField(copy, key, cleaned)
  }
  return copy ?? value
}
