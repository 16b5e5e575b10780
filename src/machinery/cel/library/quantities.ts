/** `quantity()`: amounts of resources as values. */
import {
  addQuantity,
  compareQuantity,
  parseQuantity,
  type Quantity,
  QuantityFormatError,
  quantityOf,
  subtractQuantity,
} from '../../quantity.js'
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, type ExtensionValue, type Value } from '../values.js'

class QuantityValue implements ExtensionValue {
  readonly typeName = 'kubernetes.Quantity'
  constructor(readonly quantity: Quantity) {}
  equals(other: ExtensionValue): boolean {
    return other instanceof QuantityValue && compareQuantity(this.quantity, other.quantity) === 0
  }
}

/** Throws CelError. */
function read(text: string): QuantityValue {
  try {
    return new QuantityValue(parseQuantity(text))
  } catch (error) {
    if (error instanceof QuantityFormatError) throw new CelError(error.message)
    throw error
  }
}

/** Throws CelError. */
export const quantityValue = (text: string): ExtensionValue => read(text)

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch (error) {
    if (error instanceof QuantityFormatError) return false
    throw error
  }
}

/** Undefined when it is no whole number of 64 bits. */
function wholeNumber({ mantissa, scale }: Quantity): bigint | undefined {
  if (scale > 18) return mantissa === 0n ? 0n : undefined
  const divisor = 10n ** BigInt(Math.max(0, -scale))
  if (mantissa % divisor !== 0n) return undefined
  const value = scale >= 0 ? mantissa * 10n ** BigInt(scale) : mantissa / divisor
  return BigInt.asIntN(64, value) === value ? value : undefined
}

const on =
  (call: (a: Quantity, b: Value | undefined) => Value | undefined) => (a: Value | undefined, b: Value | undefined) =>
    a instanceof QuantityValue ? call(a.quantity, b) : undefined

const onTwo = (call: (order: -1 | 0 | 1) => Value) =>
  on((a, b) => (b instanceof QuantityValue ? call(compareQuantity(a, b.quantity)) : undefined))

const combined = (by: (a: Quantity, b: Quantity) => Quantity) =>
  on((a, b) => {
    if (b instanceof QuantityValue) return new QuantityValue(by(a, b.quantity))
    return typeof b === 'bigint' ? new QuantityValue(by(a, quantityOf(b, 0, 'DecimalExponent'))) : undefined
  })

const type = 'struct:kubernetes.Quantity'

export const quantities: readonly FunctionDeclaration[] = [
  defineFunction('quantity', [`string_to_quantity: (string) -> ${type}`], text =>
    typeof text === 'string' ? read(text) : undefined,
  ),
  defineFunction('isQuantity', ['is_quantity_string: (string) -> bool'], text =>
    typeof text === 'string' ? isQuantity(text) : undefined,
  ),
  defineFunction(
    'sign',
    [`quantity_sign: (${type}) -> int`],
    on(({ mantissa }) => (mantissa > 0n ? 1n : mantissa < 0n ? -1n : 0n)),
  ),
  defineFunction(
    'isGreaterThan',
    [`quantity_is_greater_than: ${type}.(${type}) -> bool`],
    onTwo(order => order > 0),
  ),
  defineFunction(
    'isLessThan',
    [`quantity_is_less_than: ${type}.(${type}) -> bool`],
    onTwo(order => order < 0),
  ),
  defineFunction(
    'compareTo',
    [`quantity_compare_to: ${type}.(${type}) -> int`],
    onTwo(order => BigInt(order)),
  ),
  defineFunction(
    'asApproximateFloat',
    [`quantity_get_float: ${type}.() -> double`],
    on(({ mantissa, scale }) => Number(`${mantissa}e${scale}`)),
  ),
  defineFunction(
    'asInteger',
    [`quantity_get_int: ${type}.() -> int`],
    on(quantity => {
      const value = wholeNumber(quantity)
      if (value === undefined) throw new CelError('cannot convert value to integer')
      return value
    }),
  ),
  defineFunction(
    'isInteger',
    [`quantity_is_integer: ${type}.() -> bool`],
    on(quantity => wholeNumber(quantity) !== undefined),
  ),
  defineFunction(
    'add',
    [`quantity_add: ${type}.(${type}) -> ${type}`, `quantity_add_int: ${type}.(int) -> ${type}`],
    combined(addQuantity),
  ),
  defineFunction(
    'sub',
    [`quantity_sub: ${type}.(${type}) -> ${type}`, `quantity_sub_int: ${type}.(int) -> ${type}`],
    combined(subtractQuantity),
  ),
]
