/** JSON merge patch (RFC 7386) with upstream's handling of nulls. */
import { badRequest } from '../status-error.js'
import type { PatchReading } from './json-patch.js'

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const define = (target: Fields, key: string, value: unknown) =>
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })

/** New values lose the nulls of their objects; an array keeps its own. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const copy: Fields = {}
  for (const key of Object.keys(value)) {
    if (value[key] !== null) define(copy, key, withoutNulls(value[key]))
  }
  return copy
}

function merge(current: Fields, patch: Fields): Fields {
  const result = { ...current }
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    const before = Object.hasOwn(result, key) ? result[key] : null
    if (value === null) delete result[key]
    else if (!isObject(before)) define(result, key, withoutNulls(value))
    else define(result, key, isObject(value) ? merge(before, value) : value)
  }
  return result
}

const decodeError = (patch: unknown): string => {
  const kind = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch
  return `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`
}

export const invalidMergePatch = () => badRequest('Invalid JSON Patch')

/**
 * `current` stays as it is; the result shares what did not change. Throws a 400 StatusError when the patch is no object; a lenient
 * reading lets a list take the place of the object.
 */
export function applyMergePatch(current: object, patch: unknown, reading: PatchReading = 'strict'): unknown {
  if (patch === null) throw invalidMergePatch()
  if (!isObject(patch)) {
    if (reading === 'strict') throw badRequest(decodeError(patch))
    if (Array.isArray(patch)) return withoutNulls(patch)
    throw invalidMergePatch()
  }
  return merge(current as Fields, patch)
}
