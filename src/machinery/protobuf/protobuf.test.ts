import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { loadSchemas } from '../../apis/generated/schema.js'
import { parseJson } from '../json/parse.js'
import { applySchemaDefaults } from '../schema/defaults.js'
import {
  decodeProtobuf,
  encodeMessage,
  encodeProtobuf,
  encodeProtobufList,
  readEnvelope,
  schemaNameOf,
} from './envelope.js'
import { decodeWatchFrame, encodeWatchFrame } from './watch-frame.js'

const schemas = loadSchemas()
const directory = new URL('../../../test/golden/protobuf/', import.meta.url)
const files = readdirSync(directory)
const read = (file: string) => readFileSync(new URL(file, directory))
const readJson = (file: string) => parseJson(read(file)).value as { apiVersion: string; kind: string }

/** Each object as the stock server printed it in both forms. */
const pairs = files.filter(file => file.endsWith('.json')).map(file => file.slice(0, -5))

test.each(pairs)('%s is encoded byte for byte as upstream does', name => {
  const object = readJson(`${name}.json`)
  const encoded = encodeProtobuf(schemas, schemaNameOf(schemas, object)!, object)
  expect(Buffer.from(encoded).toString('latin1')).toBe(read(`${name}.bin`).toString('latin1'))
})

test.each(pairs)('%s is decoded to what upstream prints as JSON', name => {
  const expected = readJson(`${name}.json`)
  const object = decodeProtobuf(schemas, read(`${name}.bin`))
  applySchemaDefaults(schemas, schemaNameOf(schemas, expected)!, object)
  // Types of inner objects are not on the wire: whoever prints a StatefulSet or a list of metadata puts them back.
  const { items, spec } = expected as { items?: object[]; spec?: { volumeClaimTemplates?: object[] } }
  for (const inner of [...(items ?? []), ...(spec?.volumeClaimTemplates ?? [])])
    Object.assign(inner, { apiVersion: undefined, kind: undefined })
  expect(object).toEqual(expected)
})

test('the stream of a watch has frames as upstream writes them', () => {
  const stream = read('watch_events.bin')
  let end = 0
  for (let frame = decodeWatchFrame(stream); frame; frame = decodeWatchFrame(stream, end)) {
    expect(Buffer.from(encodeWatchFrame(frame.type, frame.object))).toEqual(stream.subarray(end, frame.end))
    expect(readEnvelope(frame.object).kind).toBe('ConfigMap')
    end = frame.end
  }
  expect(end).toBe(stream.length)
})

test.each(files.filter(file => file.startsWith('kubectl-')))('%s survives decoding and encoding', file => {
  const object = decodeProtobuf(schemas, read(file)) as { apiVersion: string; kind: string }
  const encoded = encodeProtobuf(schemas, schemaNameOf(schemas, object)!, object)
  expect(Buffer.from(encoded).toString('latin1')).toBe(read(file).toString('latin1'))
})

test('a list of encoded items equals the encoded list', () => {
  const list = readJson('list_api_v1_namespaces.json') as unknown as {
    apiVersion: string
    kind: string
    metadata: object
    items: object[]
  }
  const items = list.items.map(item => encodeMessage(schemas, 'core.v1.Namespace', item))
  expect(encodeProtobufList(schemas, list, items)).toEqual(encodeProtobuf(schemas, 'core.v1.NamespaceList', list))
})

test('watch frames are found in a stream', () => {
  const bodies = ['v1_ConfigMap.bin', 'v1_Secret.bin'].map(read)
  const stream = Buffer.concat([encodeWatchFrame('ADDED', bodies[0]!), encodeWatchFrame('DELETED', bodies[1]!)])
  const first = decodeWatchFrame(stream)!
  const second = decodeWatchFrame(stream, first.end)!
  expect([first.type, second.type]).toEqual(['ADDED', 'DELETED'])
  expect([first.object, second.object].map(object => readEnvelope(object).kind)).toEqual(['ConfigMap', 'Secret'])
  expect(decodeWatchFrame(stream, second.end)).toBeUndefined()
  expect(decodeWatchFrame(stream.subarray(0, 10))).toBeUndefined()
})

test('a body without a type takes that of the path', () => {
  const body = Buffer.from('6b3873000a0012001a002200', 'hex')
  expect(decodeProtobuf(schemas, body, { apiVersion: 'v1', kind: 'DeleteOptions' })).toEqual({
    apiVersion: 'v1',
    kind: 'DeleteOptions',
  })
})

test.each([
  {
    name: 'no magic number',
    body: '00',
    message: 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
  },
  { name: 'a truncated message', body: '6b3873000a15', message: 'unexpected EOF' },
  { name: 'a wire type that does not exist', body: '6b38730037', message: 'proto: illegal wireType 7' },
])('decodeProtobuf refuses $name', ({ body, message }) => {
  expect(() => decodeProtobuf(schemas, Buffer.from(body, 'hex'))).toThrow(message)
})
