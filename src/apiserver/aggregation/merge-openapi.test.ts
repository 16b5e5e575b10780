/** As the stock server merges documents. */
import { describe, expect, test } from '@jest/globals'
import { filterDocument, type OpenApiParts, planAddition } from './merge-openapi.js'

const parts = (given: Partial<OpenApiParts>): OpenApiParts => ({ paths: {}, definitions: {}, parameters: {}, ...given })
const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
const uses = (name: string) => ({ get: { responses: { 200: { schema: ref(name) } } } })

describe('filterDocument', () => {
  test('leaves out other paths, and the types that these alone used', () => {
    const document = {
      paths: { '/apis/g/v1/things': uses('List'), '/apis/g/v2/things': uses('Other'), '/version/': {} },
      definitions: { List: { items: ref('Thing') }, Thing: { type: 'object' }, Other: {}, neverUsed: {} },
    }
    const { paths, definitions } = filterDocument(document, '/apis/g/v1/')
    expect(Object.keys(paths)).toEqual(['/apis/g/v1/things'])
    expect(Object.keys(definitions)).toEqual(['List', 'Thing', 'neverUsed'])
  })

  test('follows a type that holds itself', () => {
    const definitions = { Tree: { properties: { child: ref('Tree') } } }
    expect(filterDocument({ paths: { '/a/x': uses('Tree') }, definitions }, '/a/').definitions).toEqual(definitions)
  })
})

describe('planAddition', () => {
  const existing = parts({
    paths: { '/ours': uses('Meta') },
    definitions: { Meta: { description: 'ours' }, Same: { type: 'string' }, Twice: { a: 1 }, Twice_v2: { a: 2 } },
  })

  test.each([
    { name: 'a new type is added', given: { New: { type: 'string' } }, added: { New: { type: 'string' } } },
    { name: 'the same type is there already', given: { Same: { type: 'string' } }, added: {} },
    {
      name: 'the same type of another kind is there already',
      given: { Same: { type: 'string', 'x-kubernetes-group-version-kind': [{ kind: 'A' }] } },
      added: {},
    },
    {
      name: 'another type of that name gets another',
      given: { Meta: { description: 'theirs' } },
      added: { Meta_v2: { description: 'theirs' } },
    },
    { name: 'a name that was given is used again', given: { Twice: { a: 2 } }, added: {} },
    { name: 'the next free name is taken', given: { Twice: { a: 3 } }, added: { Twice_v3: { a: 3 } } },
    {
      name: 'their own names are not taken',
      given: { Meta: { description: 'theirs' }, Meta_v2: { type: 'string' } },
      added: { Meta_v2: { type: 'string' }, Meta_v3: { description: 'theirs' } },
    },
  ])('$name', ({ given, added }) => {
    expect(
      planAddition(parts({ definitions: given as unknown as OpenApiParts['definitions'] }), existing).definitions,
    ).toEqual(added)
  })

  test('references follow the names; our own paths stay', () => {
    const given = parts({
      paths: { '/theirs': uses('Meta'), '/ours': {} },
      definitions: { Meta: { description: 'theirs' }, List: { items: ref('Meta') } },
    })
    expect(planAddition(given, existing)).toEqual({
      paths: { '/theirs': uses('Meta_v2') },
      definitions: { Meta_v2: { description: 'theirs' }, List: { items: ref('Meta_v2') } },
      parameters: {},
    })
  })
})
