import { expect, test } from '@jest/globals'
import { parseIntOrString, percentOf, scaledValue } from './int-or-string.js'

test.each([
  [5, 10, 'up', 5],
  ['25%', 10, 'up', 3],
  ['25%', 10, 'down', 2],
  ['100%', 7, 'down', 7],
  ['0%', 7, 'up', 0],
  ['30%', 10, 'up', 3],
] as const)('%s of %i, rounded %s: %i', (value, total, rounding, expected) =>
  expect(scaledValue(value, total, rounding)).toBe(expected),
)

test.each([
  ['5', 'invalid value for IntOrString: invalid type: string is not a percentage'],
  ['a%', 'invalid value for IntOrString: invalid value "a%": strconv.Atoi: parsing "a": invalid syntax'],
])('%s is refused', (value, message) => expect(() => scaledValue(value, 1, 'up')).toThrow(message))

test('reading', () => {
  expect(parseIntOrString('80')).toBe(80)
  expect(parseIntOrString('http')).toBe('http')
  expect(parseIntOrString('4294967296')).toBe('4294967296')
  expect(percentOf('25%')).toBe(25)
  expect(percentOf(25)).toBeUndefined()
})
