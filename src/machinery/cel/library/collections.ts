/** Lists and sets: Kubernetes' list functions, cel-go's sets, and what two-variable macros need of maps. */
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { equals, order } from '../equality.js'
import { CelError, Duration, EntryMap, elementsOf, isList, isMap, type ListValue, Uint, type Value } from '../values.js'
import { operators } from './operators.js'

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const zeros: Record<string, Value> = { int: 0n, uint: new Uint(0n), double: 0, duration: new Duration(0n) }
const add = operators.find(({ name }) => name === '_+_')!

const onList =
  (call: (list: ListValue, ...rest: Value[]) => Value) =>
  (list: Value | undefined, ...rest: Value[]): Value | undefined =>
    list !== undefined && isList(list) ? call(list, ...rest) : undefined

const ordered = (a: Value, b: Value): number => order(a, b) ?? noOverload()

function isSorted(list: ListValue): boolean {
  for (let i = 1; i < list.length; i++) if (ordered(list.at(i - 1), list.at(i)) > 0) return false
  return true
}

function sum(list: ListValue): Value {
  const [first, ...rest] = elementsOf(list)
  // The type of an empty list of unknown elements is unknown too; upstream takes the first overload's.
  return rest.reduce((total, value) => add.call(total, value) ?? noOverload(), first ?? zeros.int!)
}

function noOverload(): never {
  throw new CelError('no such overload')
}

const extreme = (name: string, sign: number) => (list: ListValue) => {
  if (!list.length) throw new CelError(`${name} called on empty list`)
  return [...elementsOf(list)].reduce((best, value) => (ordered(best, value) * sign > 0 ? value : best))
}

function indexOf(list: ListValue, item: Value): bigint {
  for (let i = 0; i < list.length; i++) if (equals(list.at(i), item)) return BigInt(i)
  return -1n
}

function lastIndexOf(list: ListValue, item: Value): bigint {
  for (let i = list.length - 1; i >= 0; i--) if (equals(list.at(i), item)) return BigInt(i)
  return -1n
}

const includes = (list: ListValue, item: Value) => indexOf(list, item) >= 0n
const containsAll = (list: ListValue, part: ListValue) => [...elementsOf(part)].every(item => includes(list, item))
const intersects = (a: ListValue, b: ListValue) => [...elementsOf(a)].some(item => includes(b, item))

const onLists =
  (call: (a: ListValue, b: ListValue) => boolean) =>
  (a: Value | undefined, b: Value | undefined): boolean | undefined =>
    a !== undefined && b !== undefined && isList(a) && isList(b) ? call(a, b) : undefined

/** One more entry, or those of another map. */
function insert(map: Value | undefined, key: Value | undefined, value: Value | undefined): Value | undefined {
  if (map === undefined || key === undefined || !isMap(map)) return undefined
  const copy = map instanceof EntryMap ? map.copy() : new EntryMap()
  const entries: (readonly [Value, Value])[] =
    value !== undefined ? [[key, value]] : isMap(key) ? [...key.keys()].map(k => [k, key.get(k)!]) : []
  for (const [k, v] of entries) {
    if (copy.get(k) !== undefined) throw new CelError(`insert failed: key ${String(k)} already exists`)
    copy.set(k, v)
  }
  return copy
}

const setFunction = (name: string, call: (a: ListValue, b: ListValue) => boolean) =>
  defineFunction(`sets.${name}`, [`list_sets_${name}_list: (list(T), list(T)) -> bool`], onLists(call))

export const collections: readonly FunctionDeclaration[] = [
  defineFunction(
    'isSorted',
    comparable.map(type => `list_${type}_is_sorted_bool: list(${type}).() -> bool`),
    onList(isSorted),
  ),
  defineFunction(
    'sum',
    Object.keys(zeros).map(type => `list_${type}_sum_${type}: list(${type}).() -> ${type}`),
    onList(sum),
  ),
  ...(
    [
      ['max', -1],
      ['min', 1],
    ] as const
  ).map(([name, sign]) =>
    defineFunction(
      name,
      comparable.map(type => `list_${type}_${name}_${type}: list(${type}).() -> ${type}`),
      onList(extreme(name, sign)),
    ),
  ),
  defineFunction('indexOf', ['list_a_index_of_int: list(A).(A) -> int'], onList(indexOf)),
  defineFunction('lastIndexOf', ['list_a_last_index_of_int: list(A).(A) -> int'], onList(lastIndexOf)),
  setFunction('contains', containsAll),
  setFunction('equivalent', (a, b) => containsAll(a, b) && containsAll(b, a)),
  setFunction('intersects', intersects),
  defineFunction(
    'cel.@mapInsert',
    [
      '@mapInsert_map_key_value: (map(K, V), K, V) -> map(K, V)',
      '@mapInsert_map_map: (map(K, V), map(K, V)) -> map(K, V)',
    ],
    insert,
  ),
]
