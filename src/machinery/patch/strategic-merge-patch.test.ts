import { describe, expect, test } from '@jest/globals'
import type { FieldSchema, SchemaSet } from '../schema/types.js'
import type { StatusError } from '../status-error.js'
import { applyStrategicMergePatch } from './strategic-merge-patch.js'

const string: FieldSchema = { type: 'string' }
const itemList: FieldSchema = { type: 'list', items: { type: 'object', ref: 't.v1.Item' } }

/** One type with a field of every kind that strategic merge tells apart. */
const schemas: SchemaSet = {
  't.v1.Item': {
    name: 't.v1.Item',
    fields: {
      name: string,
      value: string,
      other: string,
      items: { ...itemList, patchStrategy: ['merge'], patchMergeKey: 'name' },
      plainItems: itemList,
      scalars: { type: 'list', items: string, patchStrategy: ['merge'] },
      plainScalars: { type: 'list', items: string },
      map: { type: 'map', items: string },
      child: { type: 'object', ref: 't.v1.Item' },
      replaced: { type: 'object', ref: 't.v1.Item', patchStrategy: ['replace'] },
      union: { type: 'object', ref: 't.v1.Item', patchStrategy: ['retainKeys'] },
      unions: { ...itemList, patchStrategy: ['merge', 'retainKeys'], patchMergeKey: 'name' },
      keyless: { ...itemList, patchStrategy: ['merge'] },
      listOfLists: { type: 'list', items: { type: 'list', items: string } },
      raw: { type: 'raw' },
    },
  },
}

const apply = (current: object, patch: unknown) => applyStrategicMergePatch(schemas, 't.v1.Item', current, patch)

interface Case {
  name: string
  current: object
  patch: object
  result: object
}

const item = (name: string, value?: string) => (value === undefined ? { name } : { name, value })

const fields: Case[] = [
  { name: 'adds a field', current: { name: 'a' }, patch: { value: 'x' }, result: { name: 'a', value: 'x' } },
  { name: 'changes a field', current: { name: 'a' }, patch: { name: 'b' }, result: { name: 'b' } },
  { name: 'null deletes', current: { name: 'a', value: 'x' }, patch: { value: null }, result: { name: 'a' } },
  {
    name: 'null of what is absent does nothing',
    current: { name: 'a' },
    patch: { value: null },
    result: { name: 'a' },
  },
  {
    name: 'nulls within new values are dropped',
    current: {},
    patch: { child: { name: 'a', value: null, items: [{ name: 'b', value: null }] } },
    result: { child: { name: 'a', items: [{ name: 'b' }] } },
  },
  {
    name: 'merges maps',
    current: { map: { a: '1', b: '2' } },
    patch: { map: { b: null, c: '3' } },
    result: { map: { a: '1', c: '3' } },
  },
  {
    name: 'merges nested objects',
    current: { child: { child: { name: 'a', value: 'x' } } },
    patch: { child: { child: { value: 'y' }, name: 'n' } },
    result: { child: { child: { name: 'a', value: 'y' }, name: 'n' } },
  },
  {
    name: 'a value of another kind replaces',
    current: { child: { name: 'a' } },
    patch: { child: 'text' },
    result: { child: 'text' },
  },
  {
    name: 'strategy replace takes the object whole',
    current: { replaced: { name: 'a', value: 'x' } },
    patch: { replaced: { name: 'b' } },
    result: { replaced: { name: 'b' } },
  },
]

const directives: Case[] = [
  {
    name: '$patch replace of the whole object',
    current: { name: 'a', value: 'x' },
    patch: { other: 'y', $patch: 'replace' },
    result: { other: 'y' },
  },
  {
    name: '$patch replace of a field',
    current: { child: { name: 'a', value: 'x' }, name: 'n' },
    patch: { child: { other: 'y', $patch: 'replace' } },
    result: { child: { other: 'y' }, name: 'n' },
  },
  {
    name: '$patch delete of a field leaves an empty object',
    current: { child: { name: 'a' } },
    patch: { child: { $patch: 'delete' } },
    result: { child: {} },
  },
  {
    name: '$patch delete of what is absent leaves nothing',
    current: { name: 'a' },
    patch: { child: { $patch: 'delete' }, map: { a: '1' } },
    result: { name: 'a', map: { a: '1' } },
  },
  {
    name: 'directives within new values leave nothing',
    current: {},
    patch: { items: [{ name: 'a', $patch: 'delete' }, { name: 'b' }] },
    result: { items: [{ name: 'b' }] },
  },
  {
    name: '$retainKeys clears the other fields of a union',
    current: { union: { name: 'a', value: 'x' } },
    patch: { union: { $retainKeys: ['other'], other: 'y' } },
    result: { union: { other: 'y' } },
  },
  {
    name: '$retainKeys keeps what it names and the object has',
    current: { union: { name: 'a', value: 'x', other: 'y' } },
    patch: { union: { $retainKeys: ['name', 'value'], value: 'z', other: null } },
    result: { union: { name: 'a', value: 'z' } },
  },
  {
    name: '$retainKeys within list elements',
    current: {
      unions: [
        { name: 'a', value: 'x' },
        { name: 'b', value: 'x' },
      ],
    },
    patch: { unions: [{ name: 'a', $retainKeys: ['name', 'other'], other: 'y' }] },
    result: {
      unions: [
        { name: 'a', other: 'y' },
        { name: 'b', value: 'x' },
      ],
    },
  },
]

const lists: Case[] = [
  {
    name: 'merges elements by key',
    current: { items: [item('a', '1'), item('b', '2')] },
    patch: { items: [item('b', '3')] },
    result: { items: [item('a', '1'), item('b', '3')] },
  },
  {
    name: 'new elements come after the old',
    current: { items: [item('a'), item('b')] },
    patch: { items: [item('c')] },
    result: { items: [item('c'), item('a'), item('b')] },
  },
  {
    name: 'deletes by key',
    current: { items: [item('a', '1'), item('b', '2')] },
    patch: { items: [{ name: 'a', $patch: 'delete' }] },
    result: { items: [item('b', '2')] },
  },
  {
    name: 'replaces the list',
    current: { items: [item('a', '1'), item('b', '2')] },
    patch: { items: [{ $patch: 'replace' }, item('c', '3')] },
    result: { items: [item('c', '3')] },
  },
  {
    name: 'empties the list',
    current: { items: [item('a', '1')] },
    patch: { items: [{ $patch: 'replace' }] },
    result: { items: [] },
  },
  {
    name: 'deletes, merges and adds at once',
    current: { items: [item('a', '1'), item('b', '2'), item('c', '3')] },
    patch: { items: [item('b', '4'), item('d', '5'), { name: 'a', $patch: 'delete' }] },
    result: { items: [item('b', '4'), item('d', '5'), item('c', '3')] },
  },
  {
    name: 'lists within list elements',
    current: { items: [{ name: 'a', items: [item('x', '1'), item('y', '2')] }] },
    patch: { items: [{ name: 'a', items: [item('y', '3')] }] },
    result: { items: [{ name: 'a', items: [item('x', '1'), item('y', '3')] }] },
  },
  {
    name: 'a list without strategy is replaced',
    current: { plainItems: [item('a', '1')], plainScalars: ['a', 'b'] },
    patch: { plainItems: [item('b')], plainScalars: ['c'] },
    result: { plainItems: [item('b')], plainScalars: ['c'] },
  },
  {
    name: 'merges scalars as a set',
    current: { scalars: ['a', 'b'] },
    patch: { scalars: ['b', 'c'] },
    result: { scalars: ['a', 'b', 'c'] },
  },
  {
    name: 'deletes scalars',
    current: { scalars: ['a', 'b', 'c'] },
    patch: { '$deleteFromPrimitiveList/scalars': ['a', 'c'] },
    result: { scalars: ['b'] },
  },
  {
    name: 'deletes scalars of no list',
    current: { name: 'x' },
    patch: { '$deleteFromPrimitiveList/scalars': ['a'] },
    result: { name: 'x' },
  },
  { name: 'two empty lists', current: { items: [] }, patch: { items: [] }, result: { items: [] } },
]

const orders: Case[] = [
  {
    name: 'reorders without a patch list',
    current: { items: [item('a'), item('b'), item('c')] },
    patch: { '$setElementOrder/items': [item('c'), item('b'), item('a')] },
    result: { items: [item('c'), item('b'), item('a')] },
  },
  {
    name: 'puts new elements where the order says',
    current: { items: [item('a'), item('c')] },
    patch: { '$setElementOrder/items': [item('a'), item('b'), item('c')], items: [item('b', '2')] },
    result: { items: [item('a'), item('b', '2'), item('c')] },
  },
  {
    name: 'weaves in what only the server has',
    current: { items: [item('a'), item('server'), item('b')] },
    patch: { '$setElementOrder/items': [item('a'), item('c'), item('b')], items: [item('c')] },
    result: { items: [item('a'), item('c'), item('server'), item('b')] },
  },
  {
    name: 'deletions need no place in the order',
    current: { items: [item('a'), item('b'), item('c')] },
    patch: { '$setElementOrder/items': [item('c'), item('b')], items: [{ name: 'a', $patch: 'delete' }] },
    result: { items: [item('c'), item('b')] },
  },
  {
    name: 'orders scalars',
    current: { scalars: ['a', 'b', 'server'] },
    patch: { '$setElementOrder/scalars': ['c', 'b'], scalars: ['c'], '$deleteFromPrimitiveList/scalars': ['a'] },
    result: { scalars: ['c', 'b', 'server'] },
  },
  {
    name: 'a list that the object has not',
    current: {},
    patch: { '$setElementOrder/items': [item('a'), item('b')], items: [item('a'), item('b')] },
    result: { items: [item('a'), item('b')] },
  },
  {
    name: 'an order of no list',
    current: { name: 'x' },
    patch: { '$setElementOrder/items': [item('a')] },
    result: { name: 'x' },
  },
]

describe.each([
  { group: 'fields', cases: fields },
  { group: 'directives', cases: directives },
  { group: 'lists', cases: lists },
  { group: 'orders', cases: orders },
])('$group', ({ cases }) => {
  test.each(cases)('$name', ({ current, patch, result }) => {
    const before = structuredClone({ current, patch })
    expect(apply(current, patch)).toEqual(result)
    expect({ current, patch }).toEqual(before)
  })
})

test('shares what the patch does not touch', () => {
  const current = { child: { name: 'a' }, items: [item('a'), item('b')] }
  const result = apply(current, { items: [item('b', '1')] })
  expect(result.child).toBe(current.child)
  expect((result.items as unknown[])[0]).toBe(current.items[0])
})

describe('refuses', () => {
  test.each([
    {
      name: 'an unknown directive',
      patch: { $patch: 'foo', name: 'a' },
      code: 400,
      message: 'unknown patch type: foo in map: map[$patch:foo name:a]',
    },
    {
      name: 'an element without its key',
      patch: { items: [{ value: '1' }] },
      code: 400,
      message: 'map: map[value:1] does not contain declared merge key: name',
    },
    {
      name: 'a deletion without its key',
      patch: { items: [{ $patch: 'delete' }] },
      code: 400,
      message: 'map: map[$patch:delete] does not contain declared merge key: name',
    },
    {
      name: '$patch merge in a list',
      patch: { items: [{ name: 'a', $patch: 'merge' }] },
      code: 400,
      message: 'merging lists cannot yet be specified in the patch',
    },
    {
      name: 'fields beside $retainKeys',
      patch: { union: { $retainKeys: ['name'], value: 'x' } },
      code: 400,
      message: 'invalid patch format of retainKeys',
    },
    {
      name: '$retainKeys that is no list',
      patch: { union: { $retainKeys: 'name' } },
      code: 400,
      message: 'invalid patch format of retainKeys',
    },
    {
      name: '$setElementOrder without a field',
      patch: { $setElementOrder: [] },
      code: 400,
      message: 'invalid patch format of setElementOrder list',
    },
    {
      name: '$deleteFromPrimitiveList without a field',
      patch: { $deleteFromPrimitiveList: [] },
      code: 400,
      message: 'invalid patch format of primitive list',
    },
    {
      name: '$setElementOrder that is no list',
      patch: { '$setElementOrder/items': 'x' },
      code: 400,
      message: 'expected a []interface {}, but received a string',
    },
    {
      name: 'an order that contradicts the patch',
      patch: { '$setElementOrder/items': [item('b'), item('a')], items: [item('a'), item('b')] },
      code: 400,
      message:
        "The order in patch list:\n[map[name:a] map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:b] map[name:a]]\n",
    },
    {
      name: 'elements of several kinds',
      patch: { items: ['x'] },
      code: 400,
      message: 'list element types are not identical: [[map[name:a]] [x]]',
    },
    {
      name: 'a list of objects without merge key',
      patch: { keyless: [item('b')] },
      code: 400,
      message: 'cannot merge lists without merge key for struct',
    },
    {
      name: 'lists of lists',
      patch: { scalars: [['a']] },
      code: 422,
      message: 'the server rejected our request due to an error in our request',
    },
    {
      name: 'an unknown field that holds an object',
      patch: { unknown: { a: 1 } },
      code: 400,
      message: 'unable to find api field in struct Item for the json field "unknown"',
    },
    {
      name: 'a patch that is no object',
      patch: [],
      code: 400,
      message: 'json: cannot unmarshal array into Go value of type map[string]interface {}',
    },
  ])('$name', ({ patch, code, message }) => {
    const current = { items: [item('a')], keyless: [item('a')], scalars: [], union: {}, unknown: { a: 0 } }
    let error: StatusError | undefined
    try {
      apply(current, patch)
    } catch (thrown) {
      error = thrown as StatusError
    }
    expect(error?.message).toBe(message)
    expect(error?.code).toBe(code)
  })
})
