/** Arithmetic, comparison, containment and size: the operators of CEL's standard. */
import { codePointLength } from '../cost.js'
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { equals, order } from '../equality.js'
import { CelError, concatenate, Duration, elementsOf, isList, isMap, Timestamp, Uint, type Value } from '../values.js'

function int(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelError('integer overflow')
  return value
}

function uint(value: bigint): Uint {
  if (BigInt.asUintN(64, value) !== value) throw new CelError('unsigned integer overflow')
  return new Uint(value)
}

export function duration(nanos: bigint): Duration {
  if (BigInt.asIntN(64, nanos) !== nanos) throw new CelError('duration overflow')
  return new Duration(nanos)
}

/** Years 1 to 9999. */
const [firstNanos, lastNanos] = [-62135596800n * 1_000_000_000n, 253402300800n * 1_000_000_000n]

export function timestamp(nanos: bigint, offset = 0): Timestamp {
  if (nanos < firstNanos || nanos >= lastNanos) throw new CelError('timestamp overflow')
  return new Timestamp(nanos, offset)
}

interface Arithmetic {
  int(a: bigint, b: bigint): bigint
  double?(a: number, b: number): number
}

/** Of two numbers of one type; undefined for anything else. */
function calculate(a: Value, b: Value, by: Arithmetic): Value | undefined {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(by.int(a, b))
  if (typeof a === 'number' && typeof b === 'number') return by.double?.(a, b)
  if (a instanceof Uint && b instanceof Uint) return uint(by.int(a.value, b.value))
  return undefined
}

function add(a: Value, b: Value): Value | undefined {
  if (typeof a === 'string') return typeof b === 'string' ? a + b : undefined
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? Buffer.concat([a, b]) : undefined
  if (a instanceof Duration) {
    if (b instanceof Duration) return duration(a.nanos + b.nanos)
    return b instanceof Timestamp ? timestamp(a.nanos + b.nanos, b.offset) : undefined
  }
  if (a instanceof Timestamp) return b instanceof Duration ? timestamp(a.nanos + b.nanos, a.offset) : undefined
  const number = calculate(a, b, { int: (x, y) => x + y, double: (x, y) => x + y })
  return number ?? (isList(a) && isList(b) ? concatenate(a, b) : undefined)
}

function subtract(a: Value, b: Value): Value | undefined {
  if (a instanceof Duration) return b instanceof Duration ? duration(a.nanos - b.nanos) : undefined
  if (a instanceof Timestamp) {
    if (b instanceof Duration) return timestamp(a.nanos - b.nanos, a.offset)
    return b instanceof Timestamp ? duration(a.nanos - b.nanos) : undefined
  }
  return calculate(a, b, { int: (x, y) => x - y, double: (x, y) => x - y })
}

const dividing = (name: string, by: (a: bigint, b: bigint) => bigint) => (a: bigint, b: bigint) => {
  if (b === 0n) throw new CelError(name)
  return by(a, b)
}

const divide = (a: Value, b: Value) =>
  calculate(a, b, { int: dividing('division by zero', (x, y) => x / y), double: (x, y) => x / y })
const modulo = (a: Value, b: Value) => calculate(a, b, { int: dividing('modulus by zero', (x, y) => x % y) })
const multiply = (a: Value, b: Value) => calculate(a, b, { int: (x, y) => x * y, double: (x, y) => x * y })

function negate(value: Value): Value | undefined {
  if (typeof value === 'bigint') return int(-value)
  if (typeof value === 'number') return -value
  return undefined
}

function contains(item: Value, container: Value): boolean | undefined {
  if (isMap(container)) return container.has?.(item) ?? container.get(item) !== undefined
  if (!isList(container)) return undefined
  for (const element of elementsOf(container)) if (equals(element, item)) return true
  return false
}

function size(value: Value): bigint | undefined {
  if (typeof value === 'string') return BigInt(codePointLength(value))
  if (value instanceof Uint8Array || isList(value)) return BigInt(value.length)
  return isMap(value) ? BigInt(value.size) : undefined
}

const sameTypes = (id: string, types: readonly string[], result?: string) =>
  types.map(type => `${id}_${type.replace(/^u?int$/u, '$&64')}: (${type}, ${type}) -> ${result ?? type}`)

const ordered = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration']
const numeric = ['int', 'uint', 'double']
const suffix = (type: string) => type.replace(/^u?int$/u, '$&64')

const comparison = (name: string, id: string, holds: (order: number) => boolean) =>
  defineFunction(
    name,
    [
      ...sameTypes(id, ordered, 'bool'),
      ...numeric.flatMap(a =>
        numeric.filter(b => b !== a).map(b => `${id}_${suffix(a)}_${suffix(b)}: (${a}, ${b}) -> bool`),
      ),
    ],
    (a, b) => {
      const result = order(a!, b!)
      return result === undefined ? undefined : holds(result)
    },
  )

export const operators: readonly FunctionDeclaration[] = [
  defineFunction('_?_:_', ['conditional: (bool, A, A) -> A'], () => undefined),
  defineFunction('_&&_', ['logical_and: (bool, bool) -> bool'], () => undefined),
  defineFunction('_||_', ['logical_or: (bool, bool) -> bool'], () => undefined),
  defineFunction('@not_strictly_false', ['not_strictly_false: (bool) -> bool'], () => undefined),
  defineFunction('_[_]', indexOverloads(''), () => undefined),
  defineFunction('_[?_]', indexOverloads('optional'), () => undefined),
  defineFunction('!_', ['logical_not: (bool) -> bool'], a => (typeof a === 'boolean' ? !a : undefined)),
  defineFunction('_==_', ['equals: (A, A) -> bool'], (a, b) => equals(a!, b!)),
  defineFunction('_!=_', ['not_equals: (A, A) -> bool'], (a, b) => !equals(a!, b!)),
  defineFunction(
    '_+_',
    [
      ...sameTypes('add', ['bytes', 'double']),
      'add_duration_duration: (duration, duration) -> duration',
      'add_duration_timestamp: (duration, timestamp) -> timestamp',
      'add_timestamp_duration: (timestamp, duration) -> timestamp',
      'add_int64: (int, int) -> int',
      'add_list: (list(A), list(A)) -> list(A)',
      ...sameTypes('add', ['string', 'uint']),
    ],
    (a, b) => add(a!, b!),
  ),
  defineFunction(
    '_-_',
    [
      ...sameTypes('subtract', ['double']),
      'subtract_duration_duration: (duration, duration) -> duration',
      ...sameTypes('subtract', ['int']),
      'subtract_timestamp_duration: (timestamp, duration) -> timestamp',
      'subtract_timestamp_timestamp: (timestamp, timestamp) -> duration',
      ...sameTypes('subtract', ['uint']),
    ],
    (a, b) => subtract(a!, b!),
  ),
  defineFunction('_*_', sameTypes('multiply', ['double', 'int', 'uint']), (a, b) => multiply(a!, b!)),
  defineFunction('_/_', sameTypes('divide', ['double', 'int', 'uint']), (a, b) => divide(a!, b!)),
  defineFunction('_%_', sameTypes('modulo', ['int', 'uint']), (a, b) => modulo(a!, b!)),
  defineFunction('-_', ['negate_double: (double) -> double', 'negate_int64: (int) -> int'], a => negate(a!)),
  comparison('_<_', 'less', result => result < 0),
  comparison('_<=_', 'less_equals', result => result <= 0),
  comparison('_>_', 'greater', result => result > 0),
  comparison('_>=_', 'greater_equals', result => result >= 0),
  defineFunction('@in', ['in_list: (A, list(A)) -> bool', 'in_map: (A, map(A, B)) -> bool'], (a, b) =>
    contains(a!, b!),
  ),
  defineFunction(
    'size',
    ['bytes', 'list(A)', 'map(A, B)', 'string'].flatMap(type => {
      const name = type.replace(/\(.*/u, '')
      return [`size_${name}: (${type}) -> int`, `${name}_size: ${type}.() -> int`]
    }),
    a => size(a!),
  ),
]

function indexOverloads(kind: '' | 'optional'): string[] {
  const plain = ['list(A)', 'int', 'A', 'list'] as const
  const map = ['map(A, B)', 'A', 'B', 'map'] as const
  if (!kind)
    return [
      ...[plain, map].map(([of, key, result, name]) => `index_${name}: (${of}, ${key}) -> ${result}`),
      'optional_list_index_int: (optional_type(list(A)), int) -> optional_type(A)',
      'optional_map_index_value: (optional_type(map(A, B)), A) -> optional_type(B)',
    ]
  return [plain, map].flatMap(([of, key, result, name]) => [
    `${name}_optindex_optional_${name === 'list' ? 'int' : 'value'}: (${of}, ${key}) -> optional_type(${result})`,
    `optional_${name}_optindex_optional_${name === 'list' ? 'int' : 'value'}: (optional_type(${of}), ${key}) -> optional_type(${result})`,
  ])
}
