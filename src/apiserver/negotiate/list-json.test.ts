import { describe, expect, test } from '@jest/globals'
import { defineKind } from '../../machinery/kind.js'
import type { StoredObject } from '../../registry/rest.js'
import { listJson } from './list-json.js'

const kind = defineKind({ group: '', version: 'v1', kind: 'Thing', scope: 'Namespaced', names: { plural: 'things' } })
const encode = (value: unknown) => Buffer.from(JSON.stringify(value))

/** As the cache holds it: bytes without a resourceVersion. */
const cached = (metadata: object, rest: object, revision: number): StoredObject & { storedBytes: Uint8Array } => {
  const object = { kind: 'Thing', apiVersion: 'v1', metadata, ...rest }
  const shown = { ...object, metadata: { resourceVersion: String(revision), ...metadata } }
  return { object: shown as never, revision, bytes: encode(shown), storedBytes: encode(object) }
}

const textOf = (items: readonly StoredObject[]) => {
  const { chunks, bytes } = listJson(kind, { items, revision: 9 })
  const text = Buffer.concat([...chunks()])
  expect(text.length).toBe(bytes)
  return text.toString()
}

describe('listJson', () => {
  test('an empty list', () => {
    expect(textOf([])).toBe('{"kind":"ThingList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[]}\n')
  })

  test('items carry their resourceVersion and leave kind and apiVersion out', () => {
    const items = [cached({ name: 'ä' }, { spec: { a: 1 } }, 7), cached({}, {}, 8)]
    expect(JSON.parse(textOf(items)).items).toEqual([
      { metadata: { resourceVersion: '7', name: 'ä' }, spec: { a: 1 } },
      { metadata: { resourceVersion: '8' } },
    ])
  })

  test('an item that is only there as it is shown', () => {
    const { storedBytes: _, ...shown } = cached({ name: 'a' }, {}, 7)
    expect(JSON.parse(textOf([shown])).items).toEqual([{ metadata: { resourceVersion: '7', name: 'a' } }])
  })

  test('many chunks join without a seam', () => {
    const items = Array.from({ length: 3000 }, (_, i) => cached({ name: `n${i}` }, { data: 'x'.repeat(300) }, i))
    const big = cached({ name: 'big' }, { data: 'y'.repeat(600_000) }, 1)
    const parsed = JSON.parse(textOf([...items, big, ...items]))
    expect(parsed.items).toHaveLength(6001)
    expect(parsed.items[3000].data).toHaveLength(600_000)
  })
})
