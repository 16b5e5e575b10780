/** A kind whose versions somebody else converts, who takes time for it. */
import { beforeEach, expect, test } from '@jest/globals'
import type { KindConversion } from '../apis/conversion.js'
import { defineKind } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { StatusError } from '../machinery/status-error.js'
import { type Fixture, newFixture, newObject, record, scope, shown } from './fixture.js'

const version = (name: string) =>
  defineKind<AnyObject>({
    group: 'example.com',
    version: name,
    kind: 'Thing',
    scope: 'Namespaced',
    names: { plural: 'things' },
  })
const [v1, v2] = [version('v1'), version('v2')]

let fixture: Fixture
/** How many objects each call was given. */
let asked: number[]
let isDown: boolean

const conversion: KindConversion = {
  spoke: v2,
  hub: v1,
  keepsUnchanged: true,
  toHub: object => object,
  fromHub: object => object,
  async remote(objects, { apiVersion }) {
    asked.push(objects.length)
    await new Promise(resolve => setImmediate(resolve))
    if (isDown) throw new StatusError(500, '', 'conversion webhook failed')
    return objects.map(object => ({ ...structuredClone(object), apiVersion, spec: { in: apiVersion } }))
  },
}

const as = (kind: typeof v1) => fixture.registry.rest(kind)
const make = (kind: typeof v1, name: string) =>
  as(kind).create('ns', newObject(name, { spec: { in: kind.apiVersion } }), scope)
const settled = async (check: () => boolean) => {
  for (let i = 0; i < 100 && !check(); i++) await new Promise(resolve => setImmediate(resolve))
}

beforeEach(() => {
  asked = []
  isDown = false
  fixture = newFixture([v1, v2], { conversions: [conversion] })
})

test('an object is stored in one version and read in both', async () => {
  await make(v2, 'a')
  const key = { name: 'a', namespace: 'ns' }
  expect((await as(v1).get(key)).object).toMatchObject({ apiVersion: 'example.com/v1', spec: { in: 'example.com/v1' } })
  const { object, bytes } = await as(v2).get(key)
  expect(object).toMatchObject({ apiVersion: 'example.com/v2', spec: { in: 'example.com/v2' } })
  expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(object)
})

test('a list is converted at once, and what was converted is remembered', async () => {
  for (const name of ['a', 'b', 'c']) await make(v1, name)
  expect(asked).toEqual([])
  for (let i = 0; i < 2; i++) expect((await as(v2).list('ns', {})).items).toHaveLength(3)
  expect(asked).toEqual([3])
})

test('a watch tells all events in order, however long their conversion takes', async () => {
  await make(v1, 'a')
  const seen = record(await as(v2).watch('ns', {}, new AbortController().signal))
  await make(v1, 'b')
  await as(v1).delete({ name: 'a', namespace: 'ns' }, {}, scope)
  await make(v1, 'c')
  await settled(() => seen.events.length >= 4)
  expect(seen.events.map(event => shown(event).replace(/@.*/, ''))).toEqual([
    'ADDED a',
    'ADDED b',
    'DELETED a',
    'ADDED c',
  ])
  expect(seen.events.every(({ stored }) => stored.object.apiVersion === 'example.com/v2')).toBe(true)
})

test('a conversion that fails fails reads and writes, and ends watches with its error', async () => {
  await make(v1, 'a')
  isDown = true
  const status = { status: { code: 500, message: 'conversion webhook failed' } }
  await expect(as(v2).get({ name: 'a', namespace: 'ns' })).rejects.toMatchObject(status)
  await expect(as(v2).list('ns', {})).rejects.toMatchObject(status)
  await expect(make(v2, 'b')).rejects.toMatchObject(status)
  expect((await as(v1).list('ns', {})).items).toHaveLength(1)
  const seen = record(await as(v2).watch('ns', {}, new AbortController().signal))
  await settled(() => seen.ended)
  expect(seen.events.map(shown)).toEqual(['ERROR 500'])
})
