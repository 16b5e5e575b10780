import { expect, test } from '@jest/globals'
import { encodeV3 } from './document-v3.js'

const hex = (document: object) => encodeV3({ openapi: '3.0.0', info: {}, ...document }).toString('hex')
const head = '0a05332e302e301200'

/** A field whose wire is a length and its content, in hexadecimal. */
const field = (number: number, ...content: string[]) => {
  const bytes = Buffer.from(content.join(''), 'hex')
  const key = number * 8 + 2
  const tag = key < 128 ? [key] : [(key % 128) | 128, key >> 7]
  return Buffer.concat([Buffer.from([...tag, bytes.length]), bytes]).toString('hex')
}
const ascii = (text: string) => Buffer.from(text).toString('hex')
const entry = (name: string, ...value: string[]) => field(1, field(1, ascii(name)), field(2, ...value))
const schemas = (...entries: string[]) => head + field(5, field(1, ...entries))

test.each([
  {
    name: 'a reference',
    schema: { $ref: '#/x' },
    wire: field(2, field(1, ascii('#/x'))),
  },
  {
    name: 'properties and what is required',
    schema: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
    wire: field(
      1,
      field(23, ascii('a')),
      field(25, ascii('object')),
      field(31, entry('a', field(1, field(25, ascii('string'))))),
    ),
  },
  { name: 'a default that is false', schema: { default: false }, wire: field(1, field(33, '1000')) },
  {
    name: 'additional properties that may be all',
    schema: { additionalProperties: true },
    wire: field(1, field(32, '1001')),
  },
  {
    name: 'an extension',
    schema: { 'x-a': true },
    wire: field(1, field(36, field(1, ascii('x-a')), field(2, field(2, ascii('true\n'))))),
  },
])('$name', ({ schema, wire }) => {
  expect(hex({ components: { schemas: { k: schema } } })).toBe(schemas(entry('k', wire)))
})
