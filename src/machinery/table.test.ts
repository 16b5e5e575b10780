import { expect, test } from '@jest/globals'
import { defineKind } from './kind.js'
import type { KubernetesObject } from './object-meta.js'
import { ageColumn, tableColumns, tableRow } from './table.js'

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
  expect(tableColumns(thing).map(({ name, type, format, priority }) => [name, type, format, priority])).toEqual([
    ['Name', 'string', 'name', 0],
    ['Replicas', 'integer', '', 0],
    ['Age', 'string', '', 0],
    ['Selector', 'string', '', 1],
  ])
  expect(tableRow(thing, object, now)).toEqual({ cells: ['a', 3, '2m30s', '<none>'] })
})

test('rows that may be hidden say why', () => {
  const condition = { type: 'Completed', status: 'True' }
  const kind = { ...thing, rowConditions: ({ spec }: Thing) => (spec.replicas ? undefined : [condition]) }
  const done = { ...object, spec: { replicas: 0 } }
  expect([object, done].map(each => tableRow(kind, each, now).conditions)).toEqual([undefined, [condition]])
})

test('a kind without columns', () => {
  const plain = defineKind<Thing>({ group: '', version: 'v1', kind: 'Plain', scope: 'Cluster', names })
  expect(tableColumns(plain).map(column => column.name)).toEqual(['Name', 'Created At'])
  expect(tableRow(plain, object, now)).toEqual({ cells: ['a', '2025-01-01T00:00:00Z'] })
})

test('an undeclared column has cells and no head', () => {
  const kind = { printerColumns: [{ name: 'Extra', undeclared: true, of: () => 'x' }] }
  expect(tableColumns(kind).map(({ name }) => name)).toEqual(['Name'])
  expect(tableRow(kind, { metadata: { name: 'a' } } as never, 0)).toEqual({ cells: ['a', 'x'] })
})
