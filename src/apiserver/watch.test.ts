import { request as httpRequest } from 'node:http'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

let server: ServerFixture
beforeEach(async () => {
  server = await newServerFixture()
})
afterEach(() => server[Symbol.asyncDispose]())

const configMaps = '/api/v1/namespaces/default/configmaps'

interface Line {
  type: string
  object: { kind: string; metadata: { name?: string; resourceVersion: string }; columnDefinitions?: unknown[] | null }
}

/** A watch over a real socket; `next` resolves with the next event, or undefined at the end. */
async function openWatch(path: string, accept = 'application/json') {
  const { url, http } = await server.listen()
  const headers = { authorization: `Bearer ${server.adminToken}`, accept }
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    httpRequest(`${url}${path}`, { headers }, resolve).on('error', reject).end()
  })
  const lines = (async function* () {
    let rest = ''
    for await (const chunk of response) {
      const parts = (rest + chunk).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) yield JSON.parse(part) as Line
    }
  })()
  return {
    status: response.statusCode,
    next: async () => (await lines.next()).value as Line | undefined,
    close() {
      response.destroy()
      http.close()
    },
  }
}

const create = (name: string) => server.agent().post(configMaps).send({ metadata: { name } }).expect(201)

test('headers come at once, then what is there, then what happens', async () => {
  await create('a')
  const watch = await openWatch(`${configMaps}?watch=1`)
  expect(watch.status).toBe(200)
  expect((await watch.next())?.object.metadata.name).toBe('a')
  await create('b')
  expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'b' } } })
  await server.agent().delete(`${configMaps}/a`).expect(200)
  expect((await watch.next())?.type).toBe('DELETED')
  watch.close()
})

test('a table names its columns once', async () => {
  await create('a')
  const watch = await openWatch(`${configMaps}?watch=1`, 'application/json;as=Table;g=meta.k8s.io;v=v1')
  expect((await watch.next())?.object.columnDefinitions).toHaveLength(3)
  await create('b')
  expect((await watch.next())?.object.columnDefinitions).toBeNull()
  watch.close()
})

test('whoever wants lists of metadata of a watch hears nothing: an event is no list', async () => {
  await create('a')
  const watch = await openWatch(
    `${configMaps}?watch=1`,
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  )
  expect(watch.status).toBe(200)
  expect(await watch.next()).toBeUndefined()
  watch.close()
})

test('the end of the initial events is marked', async () => {
  await create('a')
  const options = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const watch = await openWatch(`${configMaps}?watch=1&${options}`)
  expect((await watch.next())?.type).toBe('ADDED')
  const bookmark = await watch.next()
  expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap' } })
  expect(bookmark?.object.metadata).toMatchObject({ annotations: { 'k8s.io/initial-events-end': 'true' } })
  watch.close()
})

test('a timeout ends it in order', async () => {
  const watch = await openWatch(`${configMaps}?watch=1&timeoutSeconds=5`)
  await server.clock.advance(5000)
  expect(await watch.next()).toBeUndefined()
  watch.close()
})

test('it ends when the server does', async () => {
  const watch = await openWatch(`${configMaps}?watch=1`)
  server.end()
  expect(await watch.next()).toBeUndefined()
  await server.agent('').get('/readyz').expect(500)
  await server.agent('').get('/livez').expect(200)
  watch.close()
})

test('in process, with the same events', async () => {
  await create('a')
  const stop = new AbortController()
  const response = await server.handler({
    verb: 'watch',
    group: '',
    version: 'v1',
    resource: 'configmaps',
    namespace: 'default',
    user: { name: 'admin', groups: ['system:masters'] },
    signal: stop.signal,
  })
  if (!('events' in response)) throw new Error('no watch')
  const events = response.events[Symbol.asyncIterator]()
  expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } })
  stop.abort()
  expect((await events.next()).done).toBe(true)
})
