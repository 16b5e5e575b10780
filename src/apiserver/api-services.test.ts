/** APIServices as the server keeps them: its own, those of custom resources, and those of others told as they are. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { APIService } from '../apis/generated/apiregistration-v1.js'
import { planAvailability } from './api-service-availability.js'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

let server: ServerFixture
let agent: ReturnType<ServerFixture['agent']>
beforeEach(async () => {
  server = await newServerFixture()
  agent = server.agent()
})
afterEach(() => server[Symbol.asyncDispose]())

const path = '/apis/apiregistration.k8s.io/v1/apiservices'
const read = async (name: string) => (await agent.get(`${path}/${name}`)).body as APIService
const availability = async (name: string) => (await read(name)).status?.conditions?.[0]
const turns = async () => {
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
}
const remote = {
  metadata: { name: 'v1.metrics.example.com' },
  spec: {
    group: 'metrics.example.com',
    version: 'v1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    service: { name: 'metrics', namespace: 'default' },
  },
}
const definition = {
  metadata: { name: 'tools.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'tools', kind: 'Tool' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}

test('the groups of the server have theirs, as available as the server', async () => {
  const { spec, metadata } = await read('v2.autoscaling')
  expect(spec).toEqual({ group: 'autoscaling', version: 'v2', groupPriorityMinimum: 17500, versionPriority: 30 })
  expect(metadata.labels).toEqual({ 'kube-aggregator.kubernetes.io/automanaged': 'onstart' })
  expect(await availability('v1.')).toMatchObject({ type: 'Available', status: 'True', reason: 'Local' })
  await agent.get(`${path}/v1.apiregistration.k8s.io`).expect(404)
})

test('a service that is not there makes its APIService unavailable, and says so when it comes', async () => {
  await agent.post(path).send(remote).expect(201)
  await turns()
  expect(await availability('v1.metrics.example.com')).toMatchObject({
    status: 'False',
    reason: 'ServiceNotFound',
    message: 'service/metrics in "default" is not present',
  })
  const service = { metadata: { name: 'metrics' }, spec: { ports: [{ port: 80 }] } }
  await agent.post('/api/v1/namespaces/default/services').send(service).expect(201)
  await turns()
  expect(await availability('v1.metrics.example.com')).toMatchObject({ status: 'False', reason: 'ServicePortError' })
})

test('those of custom resources come and go with their definition', async () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await agent.post(definitions).send(definition).expect(201)
  await turns()
  expect((await read('v1.example.com')).spec).toMatchObject({ groupPriorityMinimum: 1000, versionPriority: 100 })
  await agent.delete(`${definitions}/tools.example.com`).expect(200)
  await turns()
  await agent.get(`${path}/v1.example.com`).expect(404)
})

const service = { metadata: {}, spec: { type: 'ClusterIP', ports: [{ name: 'https', port: 443 }] } }
const slice = (ready: boolean, name: string) => ({
  metadata: {},
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready } }],
  ports: [{ name, port: 8443 }],
})

test.each([
  { name: 'no endpoint slices', slices: [], reason: 'EndpointsNotFound' },
  { name: 'endpoints that are not ready', slices: [slice(false, 'https')], reason: 'MissingEndpoints' },
  { name: 'endpoints of another port', slices: [slice(true, 'web')], reason: 'MissingEndpoints' },
  { name: 'ready endpoints', slices: [slice(true, 'https')], reason: undefined },
])('planAvailability: $name', ({ slices, reason }) => {
  expect(planAvailability({ ...remote } as APIService, { service, slices })?.reason).toBe(reason)
})
