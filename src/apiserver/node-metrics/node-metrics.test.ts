import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { APIService } from '../../apis/generated/apiregistration-v1.js'
import { FakeClock } from '../../machinery/fake-clock.js'
import type { NodeApi } from '../../machinery/node-api.js'
import { newServerFixture, podBody, type ServerFixture } from '../testing/server-fixture.js'
import { NodeMetricsAggregation } from './with-node-metrics.js'

const measured = (pod: string, container: string) => ({
  ...{ namespace: 'default', pod, container },
  cpuNanoCores: 1_500_000,
  memoryWorkingSetBytes: 2_621_440,
})

const node: Partial<NodeApi> = {
  usage: async () => ({
    time: Date.UTC(2026, 0, 1),
    windowMs: 15_250,
    cpuNanoCores: 250_000_000,
    memoryWorkingSetBytes: 1024 ** 3,
    containers: [measured('web', 'main'), measured('half', 'main')],
  }),
}
const find = (name: string) => (name === 'n1' ? (node as NodeApi) : undefined)

let server: ServerFixture
let aggregation: NodeMetricsAggregation
beforeAll(async () => {
  server = await newServerFixture({
    nodes: find,
    aroundAggregator(inner, rests) {
      aggregation = new NodeMetricsAggregation(inner, { rests, nodes: find, clock: new FakeClock() })
      return aggregation
    },
  })
  for (const name of ['n1', 'n2']) await server.agent().post('/api/v1/nodes').send({ metadata: { name } }).expect(201)
  const create = (name: string, names: string[], labels = {}) => {
    const body = podBody(name, { nodeName: 'n1', containers: names.map(n => ({ name: n, image: 'i' })) })
    const metadata = { ...body.metadata, labels }
    return server
      .agent()
      .post('/api/v1/namespaces/default/pods')
      .send({ ...body, metadata })
      .expect(201)
  }
  await create('web', ['main'], { app: 'web' })
  await create('half', ['main', 'other'])
})
afterAll(() => server[Symbol.asyncDispose]())

const root = '/apis/metrics.k8s.io/v1beta1'
const names = ({ items }: { items: { metadata: { name: string } }[] }) => items.map(({ metadata }) => metadata.name)

describe('metrics.k8s.io', () => {
  test('is discovered', async () => {
    const { body } = await server.agent().get('/apis/metrics.k8s.io').expect(200)
    expect(body.preferredVersion.groupVersion).toBe('metrics.k8s.io/v1beta1')
    const list = await server.agent().get(root).expect(200)
    expect(list.body.resources.map((r: { name: string }) => r.name)).toEqual(['nodes', 'pods'])
  })

  test('has nodes that were measured', async () => {
    const { body } = await server.agent().get(`${root}/nodes`).expect(200)
    expect(body).toMatchObject({ kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1' })
    expect(body.items).toEqual([
      {
        kind: 'NodeMetrics',
        apiVersion: 'metrics.k8s.io/v1beta1',
        metadata: { name: 'n1', creationTimestamp: '2026-01-01T00:00:00Z' },
        timestamp: '2026-01-01T00:00:00Z',
        window: '15.25s',
        usage: { cpu: '250m', memory: '1Gi' },
      },
    ])
  })

  test('has pods of which every container was measured, by label and name', async () => {
    const get = async (query: string) => (await server.agent().get(`${root}/pods${query}`).expect(200)).body
    expect(names(await get(''))).toEqual(['web'])
    expect(names(await get('?labelSelector=app%3Dweb'))).toEqual(['web'])
    expect(names(await get('?labelSelector=app%3Dnone'))).toEqual([])
    expect(names(await get('?fieldSelector=metadata.name%3Dweb'))).toEqual(['web'])
    const { body } = await server.agent().get(`${root}/namespaces/default/pods/web`).expect(200)
    expect(body.containers).toEqual([{ name: 'main', usage: { cpu: '1500u', memory: '2560Ki' } }])
    expect(body.metadata.labels).toEqual({ app: 'web' })
  })

  test('comes as a table', async () => {
    const { body } = await server
      .agent()
      .get(`${root}/namespaces/default/pods`)
      .set('accept', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json')
      .expect(200)
    expect(body.rows.map((row: { cells: string[] }) => row.cells)).toEqual([['web', '1500u', '2560Ki', '15.25s']])
  })

  test.each([
    ['get', '/nodes/n2', 404, 'nodemetrics.metrics.k8s.io "n2" not found'],
    ['get', '/nodes/nope', 404, 'nodes "nope" not found'],
    ['get', '/namespaces/default/pods/half', 404, 'podmetrics.metrics.k8s.io "default/half" not found'],
    ['get', '/namespaces/default/pods/nope', 404, 'pods "default/nope" not found'],
    ['get', '/things', 404, 'the server could not find the requested resource'],
    ['post', '/nodes', 405, 'the server does not allow this method on the requested resource'],
  ] as const)('%s %s is %i', async (method, path, code, message) => {
    const { body } = await server.agent()[method](`${root}${path}`).expect(code)
    expect(body.message).toBe(message)
  })

  test('is there for controllers of this process', async () => {
    const remote = aggregation.find({ isResource: true, group: 'metrics.k8s.io', version: 'v1beta1', path: '' })!
    const user = { name: 'x', groups: [] }
    const { answer } = await aggregation.open(remote, { path: `${root}/pods`, user, milliseconds: 1000 })
    expect(answer.statusCode).toBe(200)
    expect(names(JSON.parse(await text(answer)))).toEqual(['web'])
  })
})

describe("with the user's own APIService", () => {
  const apiService = {
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      service: { namespace: 'kube-system', name: 'metrics-server' },
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  } as APIService
  beforeEach(() => aggregation.forget('v1beta1.metrics.k8s.io'))

  test('it steps back, and comes back', () => {
    const ask = () => aggregation.find({ isResource: true, group: 'metrics.k8s.io', version: 'v1beta1', path: '' })
    aggregation.take(apiService)
    expect(ask()?.service.name).toBe('metrics-server')
    expect(aggregation.versions()).toHaveLength(1)
    aggregation.forget('v1beta1.metrics.k8s.io')
    expect(ask()?.service.name).toBe('')
  })
})
