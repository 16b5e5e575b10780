import { describe, expect, test } from '@jest/globals'
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  formatQuantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  roundUpQuantity,
  subtractQuantity,
} from './quantity.js'

describe('canonicalQuantity', () => {
  test.each([
    ['0', '0'],
    ['0Gi', '0'],
    ['0.0', '0'],
    ['1', '1'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['100', '100'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['100Ki', '100Ki'],
    ['1023Ki', '1023Ki'],
    ['.001Ki', '1024m'],
    ['0.1Mi', '104857600m'],
    ['1e3', '1e3'],
    ['12e6', '12e6'],
    ['1E3', '1E3'],
    ['100e1', '1e3'],
    ['1e-3', '1e-3'],
    ['1e-20', '1e-9'],
    ['0.0000000001', '1n'],
    ['1.1n', '2n'],
    ['-1.1n', '-2n'],
    ['100000000000000000000', '100E'],
    ['5E', '5E'],
    ['8Ei', '9223372036854775807'],
    ['-8Ei', '-9223372036854775807'],
    ['-1.5', '-1500m'],
    ['1.500', '1.500'],
    ['+5', '+5'],
    ['1.', '1.'],
    ['.5', '500m'],
    [' 1 ', '1'],
    [2, '2'],
    [0.25, '250m'],
    [1e21, '1e+21'],
  ])('%s is kept as %s', (text, expected) => expect(canonicalQuantity(text)).toBe(expected))

  test.each([
    ['', 'quantities must match the regular expression'],
    ['1.1.M', 'quantities must match the regular expression'],
    ['abc', 'quantities must match the regular expression'],
    ['1 Gi', 'quantities must match the regular expression'],
    ['1b', 'quantities must match the regular expression'],
    ['1Mb', 'quantities must match the regular expression'],
    ['1K', "unable to parse quantity's suffix"],
    ['1mi', "unable to parse quantity's suffix"],
    ['1e', "unable to parse quantity's suffix"],
    ['1-5', "unable to parse quantity's suffix"],
    ['Ei', 'unable to parse numeric part of quantity'],
  ])('%j is refused', (text, message) => expect(() => canonicalQuantity(text)).toThrow(message))
})

describe('arithmetic', () => {
  test.each([
    ['1', '500m', '1500m'],
    ['1Gi', '1Mi', '1025Mi'],
    ['0', '1Gi', '1Gi'],
    ['100m', '0.9', '1'],
    ['1Gi', '1G', '2073741824'],
    ['512Mi', '512Mi', '1Gi'],
    ['9223372036854775807', '1', '9223372036854775808'],
  ])('%s and %s make %s', (a, b, sum) => {
    expect(formatQuantity(addQuantity(a, b))).toBe(sum)
    expect(compareQuantity(subtractQuantity(sum, b), a)).toBe(0)
  })

  test.each([
    ['1', '1000m', 0],
    ['1Gi', '1G', 1],
    ['-1', '1', -1],
    ['0', '-1n', 1],
    ['1e2147483647', '1E', 1],
    ['-1e2147483647', '-1E', -1],
  ] as const)('%s beside %s: %i', (a, b, sign) => expect(compareQuantity(a, b)).toBe(sign))

  test.each([
    ['1500m', 2, 1500],
    ['-1500m', -2, -1500],
    ['1Gi', 1073741824, 1073741824000],
    ['100n', 1, 1],
    ['0', 0, 0],
    ['1e2147483647', 2 ** 63, 2 ** 63],
  ])('%s is %d units, %d thousandths', (text, units, thousandths) => {
    expect(quantityValue(text)).toBe(units)
    expect(quantityMilliValue(text)).toBe(thousandths)
  })

  test('rounds up to a scale', () => {
    expect(formatQuantity(roundUpQuantity('100u', -3))).toBe('1m')
    expect(formatQuantity(roundUpQuantity('1500m', -3))).toBe('1500m')
    expect(formatQuantity(quantityOf(2048, 0, 'BinarySI'))).toBe('2Ki')
    expect(formatQuantity(quantityOf(1000, 0, 'BinarySI'))).toBe('1k')
  })
})
