/** Reads and writes values of an object by dotted path, such as `spec.replicas`. Keys with dots are not addressable. */

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined

/** Undefined where any step is absent. A leading dot, as CRDs write it, is ignored. */
export function getPath(object: unknown, path: string): unknown {
  let value = object
  for (const key of keysOf(path)) {
    value = own(value, key)
    if (value === undefined) return undefined
  }
  return value
}

/** Changes `object`, making the objects on the way; undefined removes the field. */
export function setPath(object: object, path: string, value: unknown): void {
  const keys = keysOf(path)
  const last = keys.pop()
  if (last === undefined) return
  let target = object as Fields
  for (const key of keys) {
    let next = own(target, key)
    if (!isObject(next)) {
      if (value === undefined) return
      next = {}
      define(target, key, next)
    }
    target = next as Fields
  }
  if (value === undefined) delete target[last]
  else define(target, last, value)
}

/** A copy that shares everything off the path with `object`, which stays as it is. */
export function withPath<T extends object>(object: T, path: string, value: unknown): T {
  const [key, ...rest] = keysOf(path)
  if (key === undefined) return object
  const copy = { ...object } as Fields
  if (rest.length) {
    const inner = own(copy, key)
    if (value === undefined && !isObject(inner)) return object
    define(copy, key, withPath(isObject(inner) ? inner : {}, rest.join('.'), value))
  } else if (value === undefined) delete copy[key]
  else define(copy, key, value)
  return copy as T
}

const keysOf = (path: string): string[] => path.split('.').filter(key => key !== '')

/** `__proto__` is a field like any other. */
function define(target: Fields, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}
