import { expect, test } from '@jest/globals'
import { defineKind } from './kind.js'
import type { KubernetesObject } from './object-meta.js'
import { ageColumn, printTable } from './table.js'

interface Thing extends KubernetesObject {
  spec: { replicas: number }
}

const names = { plural: 'things' }
const thing = defineKind<Thing>({
  group: 'x',
  version: 'v1',
  kind: 'Thing',
  scope: 'Namespaced',
  names,
  printerColumns: [
    { name: 'Replicas', type: 'integer', description: 'How many', of: t => t.spec.replicas },
    ageColumn,
    { name: 'Selector', wide: true, of: () => '<none>' },
  ],
})
const now = Date.UTC(2025, 0, 1, 0, 2, 30)
const object: Thing = {
  apiVersion: 'x/v1',
  kind: 'Thing',
  metadata: { name: 'a', resourceVersion: '7', creationTimestamp: '2025-01-01T00:00:00Z' },
  spec: { replicas: 3 },
}

test('columns and cells', () => {
  const table = printTable(thing, [object], { now })
  expect(table.columnDefinitions?.map(({ name, type, format, priority }) => [name, type, format, priority])).toEqual([
    ['Name', 'string', 'name', 0],
    ['Replicas', 'integer', '', 0],
    ['Age', 'string', '', 0],
    ['Selector', 'string', '', 1],
  ])
  expect(table.rows).toEqual([
    {
      cells: ['a', 3, '2m30s', '<none>'],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    },
  ])
  expect(table.metadata).toEqual({ resourceVersion: '7' })
})

test.each([
  ['Object', object],
  ['None', null],
] as const)('includeObject %s', (includeObject, expected) => {
  expect(printTable(thing, [object], { now, includeObject }).rows[0]?.object).toBe(expected)
})

test('lists keep their metadata, later events their columns for themselves', () => {
  const table = printTable(thing, [object, object], { now, metadata: { resourceVersion: '9' }, noHeaders: true })
  expect(table.metadata).toEqual({ resourceVersion: '9' })
  expect(table.columnDefinitions).toBeNull()
  expect(table.rows).toHaveLength(2)
})

test('a kind without columns', () => {
  const plain = defineKind<Thing>({ group: '', version: 'v1', kind: 'Plain', scope: 'Cluster', names })
  const table = printTable(plain, [object], { now })
  expect(table.columnDefinitions?.map(column => column.name)).toEqual(['Name', 'Created At'])
  expect(table.rows[0]?.cells).toEqual(['a', '2025-01-01T00:00:00Z'])
})
