/** When values are equal, and how they are ordered. Numbers are compared across their types. */
import {
  CelError,
  Duration,
  isList,
  isMap,
  isObject,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.js'

const isNumeric = (value: Value): value is bigint | number | Uint =>
  typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint

const plain = (value: bigint | number | Uint): bigint | number => (value instanceof Uint ? value.value : value)

/** NaN when they cannot be ordered. JavaScript compares bigint and number exactly. */
export function compareNumbers(a: bigint | number | Uint, b: bigint | number | Uint): number {
  const [x, y] = [plain(a), plain(b)]
  if (x < y) return -1
  if (x > y) return 1
  return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 0
}

/** Values of different types are unequal, never an error. */
export function equals(a: Value, b: Value): boolean {
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0
  if (a === null || typeof a !== 'object') return a === b
  if (b === null || typeof b !== 'object') return false
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if (a instanceof Optional) return b instanceof Optional && sameOptional(a, b)
  return equalContainers(a, b)
}

function sameOptional(a: Optional, b: Optional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value
  return equals(a.value, b.value)
}

function equalContainers(a: Value, b: Value): boolean {
  if ((isList(a) || isMap(a)) && a.equalTo) return a.equalTo(b)
  if (isList(a)) {
    if (!isList(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equals(a.at(i), b.at(i))) return false
    return true
  }
  if (isMap(a)) {
    if (!isMap(b) || a.size !== b.size) return false
    for (const key of a.keys()) {
      const other = b.get(key)
      if (other === undefined || !equals(a.get(key)!, other)) return false
    }
    return true
  }
  if (isObject(a)) return isObject(b) && a.typeName === b.typeName && a.equals(b)
  if (a === null || typeof a !== 'object' || !('equals' in a)) return false
  return (
    b !== null && typeof b === 'object' && 'equals' in b && !isObject(b) && a.typeName === b.typeName && a.equals(b)
  )
}

/** Order by code point, as Go compares UTF-8. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Undefined when values of these types have no order; NaN when these two have none. */
export function compare(a: Value, b: Value): number | undefined {
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (a instanceof Timestamp && b instanceof Timestamp) return compareNumbers(a.nanos, b.nanos)
  if (a instanceof Duration && b instanceof Duration) return compareNumbers(a.nanos, b.nanos)
  return undefined
}

const hasOrder = (value: Value) => compare(value, value) !== undefined

/** As `compare`; throws CelError where two values have no order, undefined where the first has none with anything. */
export function order(a: Value, b: Value): number | undefined {
  const result = compare(a, b)
  if (result === undefined) {
    if (hasOrder(a)) throw new CelError('no such overload')
    return undefined
  }
  if (Number.isNaN(result)) throw new CelError('NaN values cannot be ordered')
  return result
}
