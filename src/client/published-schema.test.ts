import { expect, test } from '@jest/globals'
import { publishedSchema } from './published-schema.js'

const gadget = { group: 'example.com', version: 'v1', kind: 'Gadget' }
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const document = {
  components: {
    schemas: {
      meta: { type: 'object', properties: { name: { type: 'string' } } },
      gadget: {
        type: 'object',
        properties: {
          metadata: { description: 'described', allOf: [refTo('meta')] },
          parts: { type: 'array', items: refTo('part') },
          others: { type: 'object', additionalProperties: refTo('missing') },
        },
        'x-kubernetes-group-version-kind': [gadget],
      },
      part: { type: 'object', properties: { inner: refTo('part'), of: refTo('gadget') } },
    },
  },
}

test('references are filled in; what holds itself is an object', () => {
  const part = { type: 'object', properties: { inner: { type: 'object' }, of: { type: 'object' } } }
  expect(publishedSchema(document, gadget)?.properties).toEqual({
    metadata: { type: 'object', properties: { name: { type: 'string' } } },
    parts: { type: 'array', items: part },
    others: { type: 'object', additionalProperties: { type: 'object' } },
  })
})

test('a kind that the document does not know has none', () => {
  expect(publishedSchema(document, { ...gadget, version: 'v2' })).toBeUndefined()
  expect(publishedSchema({}, gadget)).toBeUndefined()
})
