import { describe, expect, test } from '@jest/globals'
import type { StatusError } from '../status-error.js'
import { applyJsonPatch, jsonPatchStrictErrors, maxOperations } from './json-patch.js'

const current = { a: 1, list: [1, 2, { c: 3 }], map: { 'x/y': 1, 'm~n': 2 }, nothing: null }

test.each([
  { name: 'adds a field', patch: [{ op: 'add', path: '/b', value: { c: [] } }], change: { b: { c: [] } } },
  {
    name: 'adds to an array',
    patch: [{ op: 'add', path: '/list/1', value: 9 }],
    change: { list: [1, 9, 2, { c: 3 }] },
  },
  { name: 'appends', patch: [{ op: 'add', path: '/list/-', value: 9 }], change: { list: [1, 2, { c: 3 }, 9] } },
  { name: 'counts from the end', patch: [{ op: 'replace', path: '/list/-1', value: 9 }], change: { list: [1, 2, 9] } },
  { name: 'removes', patch: [{ op: 'remove', path: '/list/0' }], change: { list: [2, { c: 3 }] } },
  {
    name: 'unescapes',
    patch: [{ op: 'replace', path: '/map/x~1y', value: 5 }],
    change: { map: { 'x/y': 5, 'm~n': 2 } },
  },
  { name: 'unescapes a tilde', patch: [{ op: 'remove', path: '/map/m~0n' }], change: { map: { 'x/y': 1 } } },
  { name: 'replaces what is absent', patch: [{ op: 'replace', path: '/new', value: 1 }], change: { new: 1 } },
  { name: 'moves', patch: [{ op: 'move', from: '/a', path: '/b' }], change: { a: undefined, b: 1 } },
  { name: 'copies', patch: [{ op: 'copy', from: '/list/2', path: '/b' }], change: { b: { c: 3 } } },
  { name: 'tests', patch: [{ op: 'test', path: '/list/2', value: { c: 3 } }], change: {} },
  { name: 'takes what is absent for null', patch: [{ op: 'test', path: '/absent', value: null }], change: {} },
  { name: 'a null value', patch: [{ op: 'add', path: '/b', value: null }], change: { b: null } },
])('$name', ({ patch, change }) => {
  const before = structuredClone(current)
  const expected = JSON.parse(JSON.stringify({ ...current, ...change }))
  const result = applyJsonPatch(current, patch)
  expect(JSON.parse(JSON.stringify(result))).toEqual(expected)
  expect(current).toEqual(before)
})

test('replaces the whole document', () => {
  expect(applyJsonPatch(current, [{ op: 'replace', path: '', value: { z: 1 } }])).toEqual({ z: 1 })
})

test('shares what did not change, and nothing with a copy', () => {
  const result = applyJsonPatch(current, [
    { op: 'copy', from: '/list', path: '/copied' },
    { op: 'add', path: '/copied/-', value: 4 },
  ]) as Record<string, unknown>
  expect(result.map).toBe(current.map)
  expect(result.list).toEqual(current.list)
  expect(result.copied).toEqual([1, 2, { c: 3 }, 4])
})

test('a patch is applied as a whole or not at all', () => {
  const before = structuredClone(current)
  expect(() =>
    applyJsonPatch(current, [
      { op: 'remove', path: '/a' },
      { op: 'remove', path: '/absent' },
    ]),
  ).toThrow()
  expect(current).toEqual(before)
})

describe('refuses', () => {
  const unprocessable = 'the server rejected our request due to an error in our request'
  test.each([
    { name: 'a failed test', patch: [{ op: 'test', path: '/a', value: 2 }], code: 422, message: unprocessable },
    { name: 'to remove what is absent', patch: [{ op: 'remove', path: '/b' }], code: 422, message: unprocessable },
    {
      name: 'a path through what is absent',
      patch: [{ op: 'add', path: '/b/c', value: 1 }],
      code: 422,
      message: unprocessable,
    },
    {
      name: 'an index beyond the end',
      patch: [{ op: 'add', path: '/list/4', value: 1 }],
      code: 422,
      message: unprocessable,
    },
    {
      name: 'an index that is none',
      patch: [{ op: 'add', path: '/list/x', value: 1 }],
      code: 422,
      message: unprocessable,
    },
    { name: 'an unknown operation', patch: [{ op: 'swap', path: '/a' }], code: 422, message: unprocessable },
    {
      name: 'a prototype',
      patch: [{ op: 'add', path: '/map/__proto__/x', value: 1 }],
      code: 422,
      message: unprocessable,
    },
    { name: 'an operation without path', patch: [{ op: 'remove' }], code: 422, message: unprocessable },
    {
      name: 'an object',
      patch: { op: 'remove' },
      code: 400,
      message: 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    },
    {
      name: 'a path that is no text',
      patch: [{ op: 'remove', path: 1 }],
      code: 400,
      message:
        'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string',
    },
    {
      name: 'too many operations',
      patch: new Array(maxOperations + 1).fill({ op: 'test', path: '/a', value: 1 }),
      code: 413,
      message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    },
  ])('$name', ({ patch, code, message }) => {
    let error: StatusError | undefined
    try {
      applyJsonPatch(current, patch)
    } catch (thrown) {
      error = thrown as StatusError
    }
    expect(error?.message).toBe(message)
    expect(error?.code).toBe(code)
  })
})

test('unknown fields of operations are strict errors', () => {
  expect(jsonPatchStrictErrors([{ op: 'remove', path: '/a', foo: 1 }])).toEqual(['json patch unknown field "[0].foo"'])
})

test('copies that double the document stop at three megabytes', () => {
  const copies = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/m', path: `/m/k${i}` }))
  const patch = [{ op: 'add', path: '/m', value: { text: 'x'.repeat(1000) } }, ...copies]
  expect(() => applyJsonPatch({}, patch)).toThrow(expect.objectContaining({ code: 422 }))
})

test('a field called __proto__ is a field', () => {
  const patched = applyJsonPatch({ a: 1 }, [{ op: 'add', path: '/__proto__', value: { b: 2 } }]) as object
  expect(Object.keys(patched)).toEqual(['a', '__proto__'])
  expect((patched as { b?: number }).b).toBeUndefined()
  expect(Object.keys(applyJsonPatch(patched, [{ op: 'remove', path: '/__proto__' }]) as object)).toEqual(['a'])
})

test.each([
  [{}, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
  [[1], 'json: cannot unmarshal number into Go value of type jsonpatch.Operation'],
  [[{ op: 1 }], 'the server rejected our request due to an error in our request'],
])('%j read leniently', (patch, message) => expect(() => applyJsonPatch({}, patch, 'lenient')).toThrow(message))
