import { beforeAll, describe, expect, test } from '@jest/globals'
import { applySchemaDefaults } from './apply-defaults.js'
import { findFieldPath } from './field-path.js'
import { fieldErrorOf } from './finding.js'
import type { JsonSchema } from './json-schema.js'
import { compilePattern, loadPatternEngine } from './pattern.js'
import { pruneNulls, pruneUnknown } from './prune.js'
import { structuralErrors } from './structural-errors.js'
import { valueFindings } from './validate-value.js'

beforeAll(loadPatternEngine)

const errorsOf = (schema: JsonSchema, value: unknown, old?: unknown) =>
  valueFindings(schema, value, { path: '', ...(old !== undefined && { old: { value: old } }) }).list.map(finding => {
    const { field, message } = fieldErrorOf(finding, '')
    return `${field}: ${message}`
  })

const string: JsonSchema = { type: 'string' }

describe('pruneUnknown', () => {
  const preserving = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const
  test.each<{ name: string; schema: JsonSchema; value: object; pruned: object; unknown: string[] }>([
    {
      name: 'drops what no property names, and tells where',
      schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: string } } } },
      value: { kind: 'X', spec: { a: '', b: 1, list: [{}] }, other: 2 },
      pruned: { kind: 'X', spec: { a: '' } },
      unknown: ['other', 'spec.b', 'spec.list'],
    },
    {
      name: 'keeps all that a schema preserves, but for what its properties know better',
      schema: { ...preserving, properties: { known: { type: 'object', properties: { a: string } } } },
      value: { known: { b: 1 }, free: { c: 1 } },
      pruned: { known: {}, free: { c: 1 } },
      unknown: ['known.b'],
    },
    {
      name: 'keeps the fields of elements of a list that preserves',
      schema: { type: 'object', properties: { l: { ...preserving, type: 'array', items: { type: 'object' } } } },
      value: { l: [{ a: 1 }] },
      pruned: { l: [{ a: 1 }] },
      unknown: [],
    },
    {
      name: 'takes names of prototypes for names',
      schema: { type: 'object', properties: { spec: { type: 'object', properties: {} } } },
      value: { spec: { constructor: 1, toString: 2 } },
      pruned: { spec: {} },
      unknown: ['spec.constructor', 'spec.toString'],
    },
  ])('$name', ({ schema, value, pruned, unknown }) => {
    expect(pruneUnknown(value, schema, true)).toEqual(unknown)
    expect(value).toEqual(pruned)
  })
})

test('nulls go where neither null nor a default may stand, and defaults fill the others', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      gone: string,
      kept: { ...string, nullable: true },
      filled: { ...string, default: 'x' },
      nested: { type: 'object', default: {}, properties: { inner: { type: 'integer', default: 7 } } },
      map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { ...string, default: 'a' } } } },
    },
  }
  const value = { gone: null, kept: null, filled: null, map: { x: {} } }
  pruneNulls(value, schema)
  applySchemaDefaults(value, schema)
  expect(value).toEqual({ kept: null, filled: 'x', nested: { inner: 7 }, map: { x: { a: 'a' } } })
})

describe('valueFindings', () => {
  test('of alternatives, tells what is wrong with the one that fits best', () => {
    const schema: JsonSchema = {
      anyOf: [{ type: 'string' }, { type: 'object', required: ['a'], properties: { b: { type: 'integer' } } }],
    }
    expect(errorsOf(schema, { b: 1 })).toEqual([
      '<nil>: Invalid value: "": "" must validate at least one schema (anyOf)',
      'a: Required value',
    ])
  })

  test('excuses what an update leaves as it was, in objects and in maps by their keys, not in plain lists', () => {
    const item: JsonSchema = { type: 'object', properties: { k: string, v: { ...string, maxLength: 1 } } }
    const map: JsonSchema = {
      type: 'object',
      properties: {
        m: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: item },
        l: { type: 'array', items: { ...string, maxLength: 1 } },
      },
    }
    const old = { m: [{ k: 'a', v: 'long' }], l: ['long'] }
    expect(
      errorsOf(
        map,
        {
          m: [
            { k: 'b', v: 'x' },
            { k: 'a', v: 'long' },
          ],
          l: ['long'],
        },
        old,
      ),
    ).toEqual([])
    expect(errorsOf(map, { m: [{ k: 'a', v: 'longer' }], l: ['long', 'x'] }, old)).toEqual([
      'l[0]: Too long: may not be more than 1 bytes',
      'm[0].v: Too long: may not be more than 1 bytes',
    ])
  })

  test('knows integers beyond 2^53 apart', () => {
    const schema: JsonSchema = { type: 'integer', enum: [9007199254740993n] }
    expect(errorsOf(schema, 9007199254740993n)).toEqual([])
    expect(errorsOf(schema, 9007199254740992)).toHaveLength(1)
  })
})

test('patterns take time that grows with the text alone', () => {
  const matches = compilePattern('^(a+)+$')
  expect(matches(`${'a'.repeat(50_000)}b`)).toBe(false)
  expect(() => compilePattern('(?=a)')).toThrow('error parsing regexp: invalid or unsupported Perl syntax: `(?=`')
})

test.each([
  { path: '.spec.a', found: ['spec', 'a'] },
  { path: ".spec['a']", found: ['spec', 'a'] },
  { path: '.spec.b', error: 'does not refer to a valid field' },
  { path: 'spec', error: 'expected [ or . but got: spec' },
  { path: '.spec.', error: 'unexpected end of JSON path' },
  { path: '.spec[0]', error: 'expected single quoted string but got 0' },
])('the path $path', ({ path, found, error }) => {
  const schema: JsonSchema = { properties: { spec: { type: 'object', properties: { a: string } } } }
  if (error) expect(() => findFieldPath(path, schema)).toThrow(error)
  else expect(findFieldPath(path, schema).steps).toEqual(found)
})

test('a schema that shapes objects inside of anyOf is not structural', () => {
  const schema: JsonSchema = { type: 'object', anyOf: [{ type: 'object', properties: { a: string } }] }
  expect(structuralErrors(schema, 's').map(({ field, message }) => `${field}: ${message}`)).toEqual([
    's.anyOf[0].properties[a].type: Forbidden: must be empty to be structural',
    's.anyOf[0].type: Forbidden: must be empty to be structural',
    's.properties[a]: Required value: because it is defined in s.anyOf[0].properties[a]',
  ])
})
