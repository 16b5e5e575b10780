import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { service as serviceKind } from '../../apis/core-v1/service.js'
import { endpointSlice } from '../../apis/discovery-v1/index.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { newInformerFactory } from '../../client/informer-factory.js'
import { startTestCluster, type TestCluster } from '../../controllers/testing/cluster.js'
import { SeededRandom } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { type ServiceProxy, startServiceProxy } from './service-proxy.js'

let cluster: TestCluster
let proxy: ServiceProxy
let loaded: string[]
let broken: boolean
beforeEach(async () => {
  cluster = await startTestCluster()
  loaded = []
  broken = false
  const { clock, admin: client } = cluster
  const informers = newInformerFactory({ client, clock, random: new SeededRandom(), log: silentLogger })
  const load = async (text: string) => {
    if (broken) throw new Error('no permission')
    loaded.push(text)
  }
  proxy = startServiceProxy(
    { informers, clock, log: silentLogger, load },
    { table: 'minik8s-test', bridge: 'br-test', serviceSubnet: '10.96.0.0/16' },
  )
  informers.start()
  await cluster.until('the first rules are loaded', () => loaded.length > 0)
})
afterEach(() => cluster.stop())

const last = () => loaded.at(-1) ?? ''
const web = { namespace: 'default', name: 'web' }
const newService = () =>
  cluster.admin.create(serviceKind, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: web,
    spec: { clusterIP: '10.96.3.3', ports: [{ port: 80, protocol: 'TCP' }] },
  })
const newSlice = (ip: string): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { ...web, labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [ip], conditions: { ready: true } }],
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
})

describe('the service proxy', () => {
  test('the first ruleset begins from nothing, later ones change what is there', async () => {
    expect(loaded[0]).toContain('delete table ip minik8s-test')
    await newService()
    await cluster.until('the service is known', () => last().includes('10.96.3.3'))
    expect(last()).not.toContain('delete table')
  })

  test('refuses connections to a service without pods, then routes them, then forgets the pod', async () => {
    await newService()
    await cluster.until('it is refused', () => last().includes('10.96.3.3 . tcp . 80 : goto refuse'))
    const { metadata } = await cluster.admin.create(endpointSlice, newSlice('172.18.0.2'))
    await cluster.until('it is routed', () => last().includes('dnat to 172.18.0.2:8080'))
    const [, chain] = /chain (ep-[0-9a-f]+) {\s+meta l4proto tcp dnat to 172.18.0.2/.exec(last()) ?? []
    await cluster.admin.update(endpointSlice, { ...newSlice('172.18.0.3'), metadata })
    await cluster.until('it moved', () => last().includes('dnat to 172.18.0.3:8080'))
    expect(last()).toContain(`delete chain ip minik8s-test ${chain}`)
  })

  test('what could not be loaded is tried again, from nothing', async () => {
    broken = true
    await newService()
    await cluster.run(100)
    broken = false
    await cluster.until('the rules are loaded', () => last().includes('10.96.3.3'))
    expect(last()).toContain('delete table ip minik8s-test')
  })

  test('takes its table away when it stops', async () => {
    await proxy.stop()
    expect(last()).toBe('table ip minik8s-test {}\ndelete table ip minik8s-test\n')
  })
})
