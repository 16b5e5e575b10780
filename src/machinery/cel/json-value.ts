/** JSON as CEL sees it, without converting the whole: a part is wrapped when an expression looks at it. */
import type { ListValue, MapValue, Value } from './values.js'

class JsonList implements ListValue {
  readonly list = true
  constructor(private readonly items: readonly unknown[]) {}
  get length(): number {
    return this.items.length
  }
  at(index: number): Value {
    return jsonValue(this.items[index])
  }
}

class JsonMap implements MapValue {
  readonly map = true
  constructor(private readonly object: Readonly<Record<string, unknown>>) {}
  get size(): number {
    return Object.keys(this.object).length
  }
  get(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.object, key)) return undefined
    const value = this.object[key]
    return value === undefined ? undefined : jsonValue(value)
  }
  keys(): Iterable<Value> {
    return Object.keys(this.object)
  }
}

/** Whole numbers are ints, others doubles; what is undefined is null. */
export function jsonValue(value: unknown): Value {
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object') return value as Value
  return Array.isArray(value) ? new JsonList(value) : new JsonMap(value as Record<string, unknown>)
}
