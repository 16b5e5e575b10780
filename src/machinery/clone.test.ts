import { expect, test } from '@jest/globals'
import { cloneJson } from './clone.js'

test('copies all the way down', () => {
  const object = { a: [1, { b: null }], c: 'x', d: 9007199254740993n }
  const copy = cloneJson(object)
  expect(copy).toEqual(object)
  expect(copy.a).not.toBe(object.a)
  expect(copy.a[1]).not.toBe(object.a[1])
})

test('keeps a field named __proto__ without touching the prototype', () => {
  const copy = cloneJson(JSON.parse('{"__proto__":{"polluted":true}}'))
  expect(Object.keys(copy)).toEqual(['__proto__'])
  expect(copy.polluted).toBeUndefined()
})
