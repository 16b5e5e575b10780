import { expect, test } from '@jest/globals'
import { applyMergePatch } from './merge-patch.js'

test.each([
  { name: 'changes', current: { a: 'b' }, patch: { a: 'c' }, result: { a: 'c' } },
  { name: 'adds', current: { a: 'b' }, patch: { b: 'c' }, result: { a: 'b', b: 'c' } },
  { name: 'removes', current: { a: 'b', b: 'c' }, patch: { a: null }, result: { b: 'c' } },
  {
    name: 'merges deep',
    current: { a: { b: 1, c: 2 } },
    patch: { a: { b: null, d: 3 } },
    result: { a: { c: 2, d: 3 } },
  },
  { name: 'replaces lists', current: { a: [1, 2] }, patch: { a: [3] }, result: { a: [3] } },
  {
    name: 'drops nulls of new objects',
    current: {},
    patch: { a: { b: { c: null }, d: null } },
    result: { a: { b: {} } },
  },
  { name: 'keeps nulls of lists', current: {}, patch: { a: [null, { b: null }] }, result: { a: [null, {}] } },
  {
    name: 'a scalar gives way to an object',
    current: { a: 1 },
    patch: { a: { b: 2, c: null } },
    result: { a: { b: 2 } },
  },
])('$name', ({ current, patch, result }) => {
  const before = structuredClone({ current, patch })
  expect(applyMergePatch(current, patch)).toEqual(result)
  expect({ current, patch }).toEqual(before)
})

test('read leniently, a list takes the place of the object', () => {
  expect(applyMergePatch({ a: 1 }, [null, { b: null }], 'lenient')).toEqual([null, {}])
  expect(() => applyMergePatch({}, 'x', 'lenient')).toThrow('Invalid JSON Patch')
})

test('__proto__ is a field', () => {
  const result = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}')) as object
  expect(Object.keys(result)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test.each([
  [null, 'Invalid JSON Patch'],
  [[1], 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ['x', 'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}'],
])('%j is refused', (patch, message) => expect(() => applyMergePatch({}, patch)).toThrow(message))
