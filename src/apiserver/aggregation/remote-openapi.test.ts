/** OpenAPI documents of extension servers, and ours with what they add. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { FakeClock, settle } from '../../machinery/fake-clock.js'
import { AggregatedDocuments } from '../openapi/aggregated-documents.js'
import type { OpenApiDocuments } from '../openapi/documents.js'
import { RemoteOpenApi } from './remote-openapi.js'
import type { RemoteService } from './remote-service.js'

const remote = { name: 'v1.g.example.com', group: 'g.example.com', version: 'v1' } as RemoteService
const path = '/apis/g.example.com/v1/things'

function fixture() {
  const clock = new FakeClock()
  const asked: string[] = []
  const changes: number[] = []
  let etag = '"1"'
  let down = false
  const bodies: Record<string, unknown> = {
    '/openapi/v3': {
      paths: { 'apis/g.example.com/v1': { serverRelativeURL: '/openapi/v3/apis/g.example.com/v1?hash=A' } },
    },
    '/openapi/v2': {
      paths: { [path]: {}, '/version/': {} },
      definitions: { 'com.example.g.Thing': { type: 'object' } },
    },
  }
  const openApi = new RemoteOpenApi({
    clock,
    remotes: () => [remote],
    async fetch(_remote, asks) {
      asked.push(asks)
      if (down) throw new Error('dial tcp: connect: connection refused')
      return { code: 200, headers: { etag }, body: Buffer.from(JSON.stringify(bodies[asks])) }
    },
    onChange: () => changes.push(clock.now()),
  })
  return {
    ...{ clock, asked, changes, openApi },
    set(next: { etag?: string; down?: boolean }) {
      etag = next.etag ?? etag
      down = next.down ?? down
    },
  }
}

test('the index names their documents, and who has them', async () => {
  const { openApi, asked } = fixture()
  expect(await openApi.v3Index()).toEqual({ 'apis/g.example.com/v1': '/openapi/v3/apis/g.example.com/v1?hash=A' })
  expect(await openApi.ownerOf('apis/g.example.com/v1')).toBe(remote)
  expect(await openApi.ownerOf('apis/other/v1')).toBeUndefined()
  expect(asked).toEqual(['/openapi/v3'])
})

test('what is old is shown while it is read anew, and a change is told', async () => {
  const { openApi, asked, clock, changes, set } = fixture()
  await openApi.v2()
  await clock.advance(61_000)
  await openApi.v2()
  await settle()
  expect([asked.length, changes.length]).toEqual([2, 0])
  set({ etag: '"2"' })
  await clock.advance(61_000)
  await openApi.v2()
  await settle()
  expect([asked.length, changes.length]).toEqual([3, 1])
})

test('a server that goes keeps what it said; one that never said anything adds nothing', async () => {
  const { openApi, clock, set } = fixture()
  set({ down: true })
  expect(await openApi.v2()).toEqual([])
  set({ down: false })
  await clock.advance(6000)
  await openApi.v2()
  await settle()
  set({ down: true })
  await clock.advance(61_000)
  await openApi.v2()
  await settle()
  expect(await openApi.v2()).toHaveLength(1)
})

test('our document has their paths and types besides its own, under another hash', async () => {
  const { openApi } = fixture()
  const gzip = gzipSync(JSON.stringify({ swagger: '2.0', paths: { '/ours': {} }, definitions: { Ours: {} } }))
  const own = { v2: async () => ({ hash: 'OURS', gzip }) } as unknown as OpenApiDocuments
  const documents = new AggregatedDocuments(own, openApi)
  const { hash, gzip: merged } = await documents.v2('json')
  expect(hash).not.toBe('OURS')
  expect(JSON.parse(gunzipSync(merged).toString())).toEqual({
    swagger: '2.0',
    paths: { [path]: {}, '/ours': {} },
    definitions: { Ours: {}, 'com.example.g.Thing': { type: 'object' } },
    parameters: {},
  })
  expect((await documents.v2('json')).gzip).toBe(merged)
})

test('what a server has said is forgotten with its APIService', async () => {
  const { openApi, asked } = fixture()
  await openApi.v2()
  openApi.retain(new Set([remote.name]))
  await openApi.v2()
  expect(asked).toEqual(['/openapi/v2'])
  openApi.retain(new Set())
  await openApi.v2()
  expect(asked).toEqual(['/openapi/v2', '/openapi/v2'])
})
