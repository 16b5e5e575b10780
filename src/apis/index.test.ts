import { expect, test } from '@jest/globals'
import { loadSchemas } from './generated/schema.js'
import { builtinKinds, compareGroupVersions, conversions, storedKinds, virtualKinds } from './index.js'

test('no two kinds share a resource', () => {
  const ids = builtinKinds.map(({ group, version, names }) => `${group}/${version}/${names.plural}`)
  expect(new Set(ids).size).toBe(ids.length)
})

test('every kind has a schema', () => {
  const known = loadSchemas()
  expect(builtinKinds.filter(({ schema }) => !known[schema]).map(({ schema }) => schema)).toEqual([])
})

test('kinds stand in the order of discovery', () => {
  const order = builtinKinds.map(({ group, version }) => `${group}/${version}`)
  const sorted = [...builtinKinds].sort(compareGroupVersions).map(({ group, version }) => `${group}/${version}`)
  expect([...new Set(order)]).toEqual([...new Set(sorted)])
})

test('reviews are answered, everything else is stored', () => {
  expect(virtualKinds.map(({ kind }) => kind).sort()).toEqual([
    'Binding',
    'LocalSubjectAccessReview',
    'SelfSubjectAccessReview',
    'SelfSubjectReview',
    'SelfSubjectRulesReview',
    'SubjectAccessReview',
    'TokenReview',
  ])
  expect(storedKinds.length + virtualKinds.length).toBe(builtinKinds.length)
})

test('both ends of a conversion are served', () => {
  for (const { spoke, hub } of conversions) {
    expect(builtinKinds).toContain(spoke)
    expect(builtinKinds).toContain(hub)
  }
})
