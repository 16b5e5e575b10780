/** Heads of the tables of all kinds, as the stock v1.34.4 gives them. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { tableColumns } from '../machinery/table.js'
import { storedKinds } from './index.js'

const golden = new URL('../../test/golden/columns/columns.json', import.meta.url)
const recorded = JSON.parse(readFileSync(golden, 'utf8')) as Record<string, unknown[]>
const pathOf = (apiVersion: string, plural: string) =>
  `/api${apiVersion.includes('/') ? 's' : ''}/${apiVersion}/${plural}`
const kinds = new Map(storedKinds.map(kind => [pathOf(kind.apiVersion, kind.names.plural), kind]))

test('every stored kind was recorded', () => {
  expect([...kinds.keys()].sort()).toEqual(Object.keys(recorded).sort())
})

test.each(Object.keys(recorded))('%s', path => {
  expect(tableColumns(kinds.get(path)!)).toEqual(recorded[path])
})
