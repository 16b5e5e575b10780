import { expect, test } from '@jest/globals'
import { difference, type FieldSet, hasPath, intersection, pathsOf, recursiveDifference, union } from './field-set.js'
import { canonicalElement, compareElements, printElement } from './path-element.js'

const set = (value: unknown) => value as FieldSet
const spec = set({ 'f:spec': { '.': {}, 'f:a': {}, 'f:b': { 'f:c': {} } } })

test.each([
  {
    name: 'a path stays below one that goes',
    of: difference(spec, set({ 'f:spec': {} })),
    is: { 'f:spec': { 'f:a': {}, 'f:b': { 'f:c': {} } } },
  },
  {
    name: 'with a path goes what is below it',
    of: recursiveDifference(spec, set({ 'f:spec': { 'f:b': {} } })),
    is: { 'f:spec': { '.': {}, 'f:a': {} } },
  },
  {
    name: 'common paths',
    of: intersection(spec, set({ 'f:spec': { 'f:b': { 'f:c': {} } }, 'f:x': {} })),
    is: { 'f:spec': { 'f:b': { 'f:c': {} } } },
  },
  {
    name: 'a leaf and its child',
    of: union(set({ 'f:a': {} }), set({ 'f:a': { 'f:b': {} } })),
    is: { 'f:a': { '.': {}, 'f:b': {} } },
  },
  { name: 'new paths stand in order', of: union(set({ 'f:c': {} }), set({ 'f:a': {} })), is: { 'f:a': {}, 'f:c': {} } },
])('$name', ({ of, is }) => {
  expect(JSON.stringify(of)).toBe(JSON.stringify(is))
})

test('what changes nothing is the set itself', () => {
  expect(difference(spec, set({ 'f:x': {} }))).toBe(spec)
  expect(union(spec, set({ 'f:spec': { 'f:a': {} } }))).toBe(spec)
})

test('paths are listed before those below them', () => {
  expect([...pathsOf(spec)].map(path => path.map(printElement).join(''))).toEqual(['.spec', '.spec.a', '.spec.b.c'])
  expect(hasPath(spec, ['f:spec', 'f:b'])).toBe(false)
  expect(hasPath(spec, ['f:spec', 'f:b', 'f:c'])).toBe(true)
})

test('elements are ordered by kind, keys by their values', () => {
  const elements = ['v:"a"', 'k:{"port":443}', 'k:{"port":80}', 'f:b', '.', 'k:{"name":"x"}', 'f:a']
  expect(elements.sort(compareElements)).toEqual([
    '.',
    'f:a',
    'f:b',
    'k:{"name":"x"}',
    'k:{"port":80}',
    'k:{"port":443}',
    'v:"a"',
  ])
})

test.each([
  ['k:{ "b": 1, "a": "<" }', 'k:{"a":"\\u003c","b":1}'],
  ['v: "x"', 'v:"x"'],
  ['f:a b', 'f:a b'],
  ['z:later', undefined],
])('%s as a client wrote it', (text, canonical) => {
  expect(canonicalElement(text)).toBe(canonical)
})
