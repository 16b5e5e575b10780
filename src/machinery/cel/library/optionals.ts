/** Values that may be missing: cel-go's optional types, version 2. */
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import {
  CelError,
  Duration,
  elementsOf,
  isList,
  isMap,
  newList,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from '../values.js'

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true
  if (typeof value !== 'object') return false
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration) return value.nanos === 0n
  if (value instanceof Timestamp) return value.nanos === -62135596800n * 1_000_000_000n
  if (value instanceof Optional) return value.value === undefined
  if (value instanceof Uint8Array || isList(value)) return value.length === 0
  return isMap(value) && value.size === 0
}

function held(value: Value | undefined): Value | undefined {
  if (!(value instanceof Optional)) return undefined
  if (value.value === undefined) throw new CelError('optional.none() dereference')
  return value.value
}

/** The other operand is evaluated all the same: only its errors would tell the difference. */
function or(first: Value | undefined, second: Value | undefined, unwrap: boolean): Value | undefined {
  if (!(first instanceof Optional)) return undefined
  if (first.value !== undefined) return unwrap ? first.value : first
  return second
}

function unwrapAll(list: Value | undefined): Value | undefined {
  if (list === undefined || !isList(list)) return undefined
  return newList([...elementsOf(list)].flatMap(item => (item as Optional).value ?? []))
}

const end = (list: Value | undefined, index: (length: number) => number): Value | undefined => {
  if (list === undefined || !isList(list)) return undefined
  return list.length ? new Optional(list.at(index(list.length))) : Optional.none
}

export const optionals: readonly FunctionDeclaration[] = [
  defineFunction('optional.of', ['optional_of: (V) -> optional_type(V)'], value => new Optional(value)),
  defineFunction('optional.ofNonZeroValue', ['optional_ofNonZeroValue: (V) -> optional_type(V)'], value =>
    isZero(value!) ? Optional.none : new Optional(value),
  ),
  defineFunction('optional.none', ['optional_none: () -> optional_type(V)'], () => Optional.none),
  defineFunction('value', ['optional_value: optional_type(V).() -> V'], held),
  defineFunction('hasValue', ['optional_hasValue: optional_type(V).() -> bool'], value =>
    value instanceof Optional ? value.value !== undefined : undefined,
  ),
  defineFunction(
    'or',
    ['optional_or_optional: optional_type(V).(optional_type(V)) -> optional_type(V)'],
    (first, second) => or(first, second, false),
  ),
  defineFunction('orValue', ['optional_orValue_value: optional_type(V).(V) -> V'], (first, second) =>
    or(first, second, true),
  ),
  defineFunction('first', ['list_first: list(V).() -> optional_type(V)'], list => end(list, () => 0)),
  defineFunction('last', ['list_last: list(V).() -> optional_type(V)'], list => end(list, length => length - 1)),
  defineFunction('optional.unwrap', ['optional_unwrap: (list(optional_type(V))) -> list(V)'], unwrapAll),
  defineFunction('unwrapOpt', ['optional_unwrapOpt: list(optional_type(V)).() -> list(V)'], unwrapAll),
]
