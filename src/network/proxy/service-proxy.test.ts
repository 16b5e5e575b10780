import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { pod as podKind } from '../../apis/core-v1/pod.js'
import { service as serviceKind } from '../../apis/core-v1/service.js'
import { endpointSlice } from '../../apis/discovery-v1/index.js'
import type { ServiceSpec } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { newInformerFactory } from '../../client/informer-factory.js'
import { startTestCluster, type TestCluster } from '../../controllers/testing/cluster.js'
import { SeededRandom } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { NftTable } from '../packet-filter/nft-table.js'
import { startTableKeeper } from '../packet-filter/table-keeper.js'
import { newServiceProxy } from './service-proxy.js'
import { type RunningRoutes, startRoutes } from './service-routes.js'
import { podsOnNode } from './service-rules.js'

const nodes = ['node-1', 'node-2']
let cluster: TestCluster
let routes: RunningRoutes
let loaded: string[]
beforeEach(async () => {
  cluster = await startTestCluster()
  loaded = []
  const { clock, admin: client } = cluster
  const informers = newInformerFactory({ client, clock, random: new SeededRandom(), log: silentLogger })
  const filter = {
    load: async (text: string) => void loaded.push(text),
    read: async () => '',
    countRules: () => 0,
    remove: async () => {},
  }
  const table = startTableKeeper({ filter, clock, log: silentLogger }, new NftTable('minik8s-test'))
  const place = { family: 'IPv4', bridges: ['br-test'], serviceSubnet: '10.96.0.0/16', nodes } as const
  const carriers = [newServiceProxy({ informers, table }, place)]
  routes = startRoutes({ informers, clock }, { family: 'IPv4', nodes, carriers })
  informers.start()
  await cluster.until('the first rules are loaded', () => loaded.length > 0)
})
afterEach(async () => {
  await routes.stop()
  await cluster.stop()
})

const last = () => loaded.at(-1) ?? ''
const web = { namespace: 'default', name: 'web' }
const newService = (spec: ServiceSpec = {}) =>
  cluster.admin.create(serviceKind, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: web,
    spec: { clusterIP: '10.96.3.3', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  })
const newSlice = (ip: string): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { ...web, labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [ip], conditions: { ready: true }, nodeName: 'node-1' }],
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
})

describe('the service proxy', () => {
  test('refuses connections to a service without pods, then routes them, then forgets the pod', async () => {
    await newService()
    await cluster.until('it is refused', () => last().includes('10.96.3.3 . tcp . 80 : goto refuse'))
    const { metadata } = await cluster.admin.create(endpointSlice, newSlice('172.18.0.2'))
    await cluster.until('it is routed', () => last().includes('dnat to 172.18.0.2:8080'))
    expect(last()).toContain('delete element ip minik8s-test refused-ips { 10.96.3.3 . tcp . 80 : goto refuse }')
    await cluster.admin.update(endpointSlice, { ...newSlice('172.18.0.3'), metadata })
    await cluster.until('it moved', () => last().includes('dnat to 172.18.0.3:8080'))
    expect(last()).not.toContain('172.18.0.2:')
  })

  test.each(['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name'])(
    'leaves services with the label %s to others',
    async label => {
      const { metadata } = await newService()
      await cluster.until('it is refused', () => last().includes('10.96.3.3 . tcp . 80 : goto refuse'))
      const body = { metadata: { labels: { [label]: 'other' }, resourceVersion: metadata.resourceVersion } }
      await cluster.admin.patch(serviceKind, web, { type: 'application/merge-patch+json', body })
      await cluster.until('it is let go', () => last().includes('delete element ip minik8s-test refused-ips'))
    },
  )

  test('loads only what changed', async () => {
    await newService()
    await cluster.until('the service is known', () => last().includes('10.96.3.3'))
    expect(last()).not.toContain('delete table')
    expect(last()).not.toContain('chain services')
  })

  test('forgets a service that goes', async () => {
    await newService()
    await cluster.until('the service is known', () => last().includes('10.96.3.3'))
    await cluster.admin.delete(serviceKind, web)
    await cluster.until('it is gone', () => last().includes('delete element ip minik8s-test refused-ips'))
  })

  test('knows the pods of a node once a service asks for its own', async () => {
    await cluster.admin.create(podKind, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: 'client' },
      spec: { nodeName: 'node-2', containers: [{ name: 'c', image: 'c' }] },
    })
    const client = await cluster.admin.get(podKind, { namespace: 'default', name: 'client' })
    await cluster.admin.updateStatus(podKind, { ...client, status: { podIP: '172.18.0.77', phase: 'Running' } })
    await newService({ internalTrafficPolicy: 'Local' })
    await cluster.admin.create(endpointSlice, newSlice('172.18.0.2'))
    const element = `add element ip minik8s-test ${podsOnNode('node-2')} { 172.18.0.77 }`
    await cluster.until('the pod is known', () => loaded.some(text => text.includes(element)))
    expect(loaded.join('')).toContain('drop')
  })
})
