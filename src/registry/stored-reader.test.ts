import { expect, test } from '@jest/globals'
import type { AnyObject } from '../machinery/object-meta.js'
import { decodeStored } from './codec.js'
import { newStoredReader } from './stored-reader.js'

const encode = (object: object) => new TextEncoder().encode(JSON.stringify(object))

const manager = (fieldsV1: object, subresource?: string) => ({
  ...{ manager: 'a', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 },
  ...(subresource && { subresource }),
})
const owned = { 'f:spec': { 'f:containers': { 'k:{"name":"a}\\\\"}': { '.': {}, 'f:image': {} } } } }
const pod = (name: string, managedFields: object[], rest: object = {}) => ({
  ...{ kind: 'Pod', apiVersion: 'v1', metadata: { name, managedFields } },
  ...rest,
})

test.each<[string, object]>([
  ['two managers', pod('a', [manager(owned), manager({ 'f:status': {} }, 'status')])],
  ['a manager without fields', pod('a', [manager({}), { manager: 'b', operation: 'Update' }])],
  ['no managers', pod('a', [])],
  ['no metadata', { kind: 'Pod', text: '"managedFields":[' }],
  ['the words in a text', pod('a', [manager(owned)], { data: { text: '"managedFields":[{"fieldsV1":{}}]' } })],
  ['such fields elsewhere', pod('a', [manager(owned)], { spec: { fieldsV1: { x: {} } } })],
  ['managers of a template', { kind: 'Pod', spec: { metadata: { managedFields: [manager(owned)] } } }],
  ['a set that is none', pod('a', [{ ...manager({}), fieldsV1: 0 }, manager(owned)])],
  ['letters beyond ASCII', pod('ä', [manager({ 'f:metadata': { 'f:labels': { 'f:é': {} } } })])],
])('%s: read as ever', (_, object) => {
  const read = newStoredReader()
  expect(read(encode(object))).toEqual(decodeStored(encode(object)))
  // What is shared by then changes nothing.
  expect(JSON.stringify(read(encode(object)))).toBe(JSON.stringify(object))
})

test('objects whose managers own the same share one set', () => {
  const read = newStoredReader()
  const sets = ['a', 'b'].map(name => (read(encode(pod(name, [manager(owned)]))) as AnyObject).metadata.managedFields!)
  expect(sets[0]![0]!.fieldsV1).toEqual(owned)
  expect(sets[0]![0]!.fieldsV1).toBe(sets[1]![0]!.fieldsV1)
})
