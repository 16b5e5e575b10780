/**
 * Values at run time. null, booleans, strings and doubles are JavaScript's own; int is `bigint`; bytes are `Uint8Array`; the rest are
 * classes. Lists and maps are interfaces, so that objects of the API are read as they lie and not converted as a whole.
 */
import { Uint } from './ast.js'
import { type CelType, formatType } from './types.js'

export { Uint }

export interface ListValue {
  readonly list: true
  readonly length: number
  at(index: number): Value
  /** Where it is not that of the elements in their order. */
  equalTo?(other: Value): boolean
  /** `+`, where it is not to append. */
  plus?(other: ListValue): ListValue
}

export interface MapValue {
  readonly map: true
  readonly size: number
  /** Undefined when there is no such key. */
  get(key: Value): Value | undefined
  keys(): Iterable<Value>
  /** What `in` says, where `get` answers for keys that are not there. */
  has?(key: Value): boolean
  /** Where it is not that of the entries. */
  equalTo?(other: Value): boolean
}

/** A struct: its fields are known to the type checker. */
export interface ObjectValue {
  readonly typeName: string
  /** Undefined when it is not set. */
  field(name: string): Value | undefined
  equals(other: ObjectValue): boolean
}

export class Timestamp {
  /** Nanoseconds since the epoch; the offset, in minutes east of UTC, is how it was written and is printed again. */
  constructor(
    readonly nanos: bigint,
    readonly offset = 0,
  ) {}
}

export class Duration {
  constructor(readonly nanos: bigint) {}
}

export class Optional {
  static readonly none = new Optional(undefined)
  constructor(readonly value: Value | undefined) {}
}

export class TypeValue {
  constructor(readonly name: string) {}
}

/** A value of a library's own type, such as a quantity. */
export interface ExtensionValue {
  readonly typeName: string
  equals(other: ExtensionValue): boolean
  /** What `size()` of it would be, for its cost. */
  readonly costSize?: number
}

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint
  | Uint8Array
  | ListValue
  | MapValue
  | ObjectValue
  | Timestamp
  | Duration
  | Optional
  | TypeValue
  | ExtensionValue

/** Evaluation failed; `&&`, `||` and comprehensions may absorb it. */
export class CelError extends Error {}

/** Evaluation was stopped; nothing absorbs it. */
export class CelCancelled extends Error {}

export const isList = (value: Value): value is ListValue =>
  typeof value === 'object' && value !== null && 'list' in value && value.list === true
export const isMap = (value: Value): value is MapValue =>
  typeof value === 'object' && value !== null && 'map' in value && value.map === true
export const isObject = (value: Value): value is ObjectValue =>
  typeof value === 'object' && value !== null && 'field' in value

class ArrayList implements ListValue {
  readonly list = true
  constructor(private readonly items: readonly Value[]) {}
  get length(): number {
    return this.items.length
  }
  at(index: number): Value {
    return this.items[index]!
  }
}

export const newList = (items: readonly Value[]): ListValue => new ArrayList(items)

/** Made by concatenation. Lists that grow out of each other share one array, each seeing its own part of it. */
class GrownList implements ListValue {
  readonly list = true
  constructor(
    readonly shared: Value[],
    readonly length: number,
  ) {}
  at(index: number): Value {
    return this.shared[index]!
  }
}

/** `map` and `filter` append one element at a time: each costs that element, not the list. */
export function concatenate(a: ListValue, b: ListValue): ListValue {
  if (a.plus) return a.plus(b)
  if (!b.length) return a
  const shared = a instanceof GrownList && a.shared.length === a.length ? a.shared : [...elementsOf(a)]
  for (const element of elementsOf(b)) shared.push(element)
  return new GrownList(shared, shared.length)
}

export function* elementsOf(list: ListValue): Generator<Value> {
  for (let i = 0; i < list.length; i++) yield list.at(i)
}

/** Keys that are equal in CEL are one key: 1, 1u and 1.0. */
export class EntryMap implements MapValue {
  readonly map = true
  readonly #entries = new Map<string, readonly [Value, Value]>()

  get size(): number {
    return this.#entries.size
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(keyText(key))?.[1]
  }

  *keys(): Generator<Value> {
    for (const [key] of this.#entries.values()) yield key
  }

  set(key: Value, value: Value): void {
    this.#entries.set(keyText(key), [key, value])
  }

  copy(): EntryMap {
    const copy = new EntryMap()
    for (const [text, entry] of this.#entries) copy.#entries.set(text, entry)
    return copy
  }
}

/** One text for keys that are equal. */
export function keyText(key: Value): string {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'boolean') return `b${key}`
  if (typeof key === 'bigint') return `n${key}`
  if (key instanceof Uint) return `n${key.value}`
  if (typeof key === 'number' && Number.isInteger(key)) return `n${BigInt(key)}`
  return `?${typeof key === 'number' ? key : typeNameOf(key)}`
}

/** The name of a value's type, as `type()` and messages have it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
  }
  if (value === null) return 'null_type'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Optional) return 'optional_type'
  if (value instanceof TypeValue) return 'type'
  if (isList(value)) return 'list'
  if (isMap(value)) return 'map'
  return value.typeName
}

const runtimeNames: Partial<Record<CelType['kind'], string>> = {
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  null: 'null_type',
}

/** The value that the name of a type stands for. */
export const typeValueOf = (type: CelType): TypeValue =>
  new TypeValue(runtimeNames[type.kind] ?? (type.params.length ? type.name : formatType(type)))
