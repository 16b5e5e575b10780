import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { defineKind } from '../../machinery/kind.js'
import { newServerFixture, type ServerFixture } from '../testing/server-fixture.js'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

test('the old list of a version has subresources behind their resource', async () => {
  const { body } = await server.agent().get('/api/v1').expect(200)
  const names = body.resources.map((resource: { name: string }) => resource.name)
  expect(names.slice(0, 6)).toEqual([
    'bindings',
    'componentstatuses',
    'configmaps',
    'endpoints',
    'events',
    'limitranges',
  ])
  expect(names.filter((name: string) => name.startsWith('pods'))).toEqual([
    'pods',
    'pods/attach',
    'pods/binding',
    'pods/ephemeralcontainers',
    'pods/eviction',
    'pods/exec',
    'pods/log',
    'pods/portforward',
    'pods/proxy',
    'pods/resize',
    'pods/status',
  ])
  expect(body.resources.find((resource: { name: string }) => resource.name === 'pods')).toEqual({
    name: 'pods',
    singularName: 'pod',
    namespaced: true,
    kind: 'Pod',
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    shortNames: ['po'],
    categories: ['all'],
    storageVersionHash: 'xPOwRZ+Yhw8=',
  })
})

test('a group names its versions', async () => {
  const { body } = await server.agent().get('/apis/apps').expect(200)
  expect(body).toMatchObject({ kind: 'APIGroup', name: 'apps', preferredVersion: { groupVersion: 'apps/v1' } })
  await server.agent().get('/apis/apps/v2').expect(404)
})

test.each(['v2', 'v2beta1'])('all in one document, %s, kept by its ETag', async version => {
  const get = () =>
    server
      .agent()
      .get('/apis')
      .set('accept', `${aggregated(version)},application/json`)
  const { body, headers } = await get().expect(200).expect('content-type', aggregated(version)).expect('vary', 'Accept')
  expect(body.apiVersion).toBe(`apidiscovery.k8s.io/${version}`)
  const names = body.items.map((item: { metadata: { name: string } }) => item.metadata.name)
  expect(names.slice(0, 2)).toEqual(['apiregistration.k8s.io', 'apps'])
  const deployments = body.items[1].versions[0].resources.find(
    (r: { resource: string }) => r.resource === 'deployments',
  )
  expect(deployments).toMatchObject({
    scope: 'Namespaced',
    responseKind: { kind: 'Deployment' },
    subresources: [{ subresource: 'scale' }, { subresource: 'status' }],
  })
  await get()
    .set('if-none-match', headers.etag ?? '')
    .expect(304)
})

test('hashes tell in what version a kind is stored', async () => {
  const hashOf = async (path: string, name: string) =>
    (await server.agent().get(path)).body.resources.find((r: { name: string }) => r.name === name).storageVersionHash
  expect(await hashOf('/apis/autoscaling/v1', 'horizontalpodautoscalers')).toBe('qwQve8ut294=')
  expect(await hashOf('/apis/events.k8s.io/v1', 'events')).toBe('r2yiGXH7wu8=')
  expect(await hashOf('/apis/storage.k8s.io/v1', 'volumeattributesclasses')).toBe('Bl3MtjZ/n/s=')
})

test('clients that know no aggregation get what they know', async () => {
  const { body } = await server.agent().get('/apis').set('accept', 'application/json').expect(200)
  expect(body.kind).toBe('APIGroupList')
})

test('a kind that comes is seen and served at once, and gone when it goes', async () => {
  const names = { plural: 'crontabs', shortNames: ['ct'] }
  const kind = defineKind({ group: 'example.com', version: 'v1', kind: 'CronTab', scope: 'Namespaced', names })
  const accept = { accept: aggregated('v2') }
  const before = await server.agent().get('/apis').set(accept)
  server.rests.add(kind)
  const after = await server.agent().get('/apis').set(accept)
  expect(after.headers.etag).not.toBe(before.headers.etag)
  expect(after.body.items.at(-1).metadata.name).toBe('example.com')
  await server.agent().get('/apis/example.com/v1/crontabs').expect(200)
  server.rests.remove(kind)
  await server.agent().get('/apis/example.com/v1/crontabs').expect(404)
})
