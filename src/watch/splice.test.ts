/** Stored bytes get their revision, and give up their metadata, whatever is in them. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { lineWithResourceVersion, readMetadata, withResourceVersion } from './splice.js'

const encode = (object: unknown) => new TextEncoder().encode(JSON.stringify(object))
const parse = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString())

describe('withResourceVersion and lineWithResourceVersion', () => {
  test.each([
    { name: 'metadata with fields', metadata: { name: 'a', labels: { x: 'y' } } },
    { name: 'empty metadata', metadata: {} },
  ])('$name', ({ metadata }) => {
    const object = { kind: 'Pod', apiVersion: 'v1', metadata, spec: { metadata: { name: 'inner' } } }
    expect(parse(withResourceVersion(encode(object), 42))).toEqual({
      ...object,
      metadata: { ...metadata, resourceVersion: '42' },
    })
    const surroundings = { before: Buffer.from('[1, '), after: Buffer.from(']\n') }
    const line = lineWithResourceVersion(encode(object), 42, surroundings)
    expect(Buffer.from(line).toString()).toBe(`[1, ${Buffer.from(withResourceVersion(encode(object), 42))}]\n`)
  })
})

test('readMetadata finds the end of the metadata in any text', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string(),
        fc.json().map(text => JSON.parse(text)),
      ),
      fc.string(),
      (metadata, text) => {
        const object = { kind: 'Pod', apiVersion: 'v1', metadata, spec: { text } }
        expect(readMetadata(encode(object))).toEqual(parse(encode(metadata)))
      },
    ),
  )
})
