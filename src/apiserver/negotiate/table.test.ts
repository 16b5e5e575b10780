import { expect, test } from '@jest/globals'
import { pod } from '../../apis/core-v1/index.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { StoredObject } from '../../registry/rest.js'
import { tableBytes, tableJson } from './table.js'

function stored(name: string, phase: string): StoredObject {
  const object = { kind: 'Pod', apiVersion: 'v1', metadata: { name }, spec: { containers: [] }, status: { phase } }
  return { object: object as unknown as AnyObject, revision: 7, bytes: Buffer.from(JSON.stringify(object)) }
}

const kind = pod as unknown as AnyKind
const answer = { metadata: { resourceVersion: '7' }, items: [stored('a', 'Running'), stored('b', 'Succeeded')] }

test('rows of pods that ended say so, with as much of the object as wanted', () => {
  const table = JSON.parse(tableJson(kind, answer, { include: 'Metadata', now: 0 }))
  const message = 'The pod has completed successfully.'
  const conditions = [{ type: 'Completed', status: 'True', reason: 'Succeeded', message }]
  expect(table.rows).toEqual([
    { cells: expect.arrayContaining(['a', 'Running']), object: expect.objectContaining({ metadata: { name: 'a' } }) },
    { cells: expect.anything(), conditions, object: expect.objectContaining({ kind: 'PartialObjectMetadata' }) },
  ])
  expect(table.columnDefinitions[0]).toMatchObject({ name: 'Name', format: 'name', priority: 0 })
})

test.each([
  ['Object', expect.objectContaining({ kind: 'Pod' })],
  ['None', null],
] as const)('rows with %s; later events leave the columns out', (include, object) => {
  const table = JSON.parse(tableJson(kind, answer, { include, now: 0, headless: true }))
  expect(table).toMatchObject({ kind: 'Table', metadata: { resourceVersion: '7' }, columnDefinitions: null })
  expect(table.rows[0].object).toEqual(object)
})

test('cells and metadata are escaped as Go does; texts beyond ASCII, and no rows at all', () => {
  const odd = stored('<ä>', 'Running')
  const { bytes, chunks } = tableBytes(kind, { ...answer, items: [odd] }, { include: 'Metadata', now: 0, end: '\n' })
  const json = Buffer.concat([...chunks()])
  expect(json.length).toBe(bytes)
  expect(json.toString()).toContain('{"cells":["\\u003cä\\u003e",')
  expect(json.toString()).toContain('"metadata":{"name":"\\u003cä\\u003e"}')
  expect(JSON.parse(json.toString()).rows[0].cells[0]).toBe('<ä>')
  expect(JSON.parse(tableJson(kind, { ...answer, items: [] }, { include: 'None', now: 0 })).rows).toEqual([])
})
