import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { service as serviceKind } from '../../apis/core-v1/service.js'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import { newInformerFactory } from '../../client/informer-factory.js'
import { startTestCluster, type TestCluster } from '../../controllers/testing/cluster.js'
import { SeededRandom } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { planIngress, startLoadBalancers } from './load-balancers.js'

const range = { range: '198.18.7.0/24' }
const shared = { ...range, shared: '127.0.0.1' }
const second = { range: '2001:2:0:7::/64' }
const balancer = (spec: Partial<ServiceSpec> = {}, ingress: object[] = []): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web' },
  spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  status: { loadBalancer: { ingress } },
})

describe('addresses of load balancers', () => {
  test.each<[string, Service, object, string[], object | undefined]>([
    ['the first that is free', balancer(), range, ['198.18.7.1'], { ip: '198.18.7.2', ipMode: 'VIP' }],
    ['the one that is wished for', balancer({ loadBalancerIP: '10.1.2.3' }), range, [], { ip: '10.1.2.3' }],
    ['none when there is one already, whoever gave it', balancer({}, [{ ip: '203.0.113.1' }]), range, [], undefined],
    ['none for another class', balancer({ loadBalancerClass: 'example.com/x' }), range, [], undefined],
    ['none for other services', balancer({ type: 'NodePort' }), range, [], undefined],
    ['that of the forwarder', balancer(), shared, [], { ip: '127.0.0.1', ipMode: 'Proxy' }],
    [
      "the forwarder's in place of one of its own",
      balancer({}, [{ ip: '198.18.7.1', ipMode: 'VIP' }]),
      shared,
      [],
      { ip: '127.0.0.1' },
    ],
    ["the forwarder's stays", balancer({}, [{ ip: '127.0.0.1', ipMode: 'Proxy' }]), shared, [], undefined],
    [
      "one of its own in place of the forwarder's",
      balancer({}, [{ ip: '127.0.0.1', ipMode: 'Proxy' }]),
      range,
      [],
      { ip: '198.18.7.1' },
    ],
    [
      'one of each of its families',
      balancer({ ipFamilies: ['IPv6', 'IPv4'] }),
      range,
      ['2001:2:0:7::1'],
      [{ ip: '2001:2:0:7::2' }, { ip: '198.18.7.1' }],
    ],
    [
      'a second one beside the first, which stays',
      balancer({ ipFamilies: ['IPv4', 'IPv6'] }, [{ ip: '198.18.7.9', ipMode: 'VIP' }]),
      range,
      [],
      [{ ip: '198.18.7.9' }, { ip: '2001:2:0:7::1' }],
    ],
  ])('%s', (_, service, addresses, taken, expected) => {
    const plan = planIngress(service, [addresses as typeof range, second], new Set(taken))
    if (expected) expect(plan).toMatchObject([expected].flat())
    else expect(plan).toBeUndefined()
  })

  test('none when all are taken', () => {
    const all = Array.from({ length: 254 }, (_, i) => `198.18.7.${i + 1}`)
    expect(planIngress(balancer(), [range], new Set(all))).toBeUndefined()
  })
})

describe('services of type LoadBalancer', () => {
  let cluster: TestCluster
  let running: { stop(): void }
  beforeEach(async () => {
    cluster = await startTestCluster()
    const { clock, admin: client } = cluster
    const informers = newInformerFactory({ client, clock, random: new SeededRandom(), log: silentLogger })
    running = startLoadBalancers({ client, informers, log: silentLogger }, [range])
    informers.start()
  })
  afterEach(async () => {
    running.stop()
    await cluster.stop()
  })

  test('each gets an address of its own, and gives it back', async () => {
    const { admin } = cluster
    const addressOf = async (name: string) =>
      (await admin.get(serviceKind, { namespace: 'default', name })).status?.loadBalancer?.ingress?.[0]?.ip
    const create = (name: string) => {
      const object = balancer({ selector: { app: name } })
      return admin.create(serviceKind, { ...object, metadata: { namespace: 'default', name } })
    }
    await Promise.all([create('a'), create('b')])
    await cluster.until('both have one', async () => !!(await addressOf('a')) && !!(await addressOf('b')))
    expect([await addressOf('a'), await addressOf('b')].sort()).toEqual(['198.18.7.1', '198.18.7.2'])
    const first = await addressOf('a')
    await admin.delete(serviceKind, { namespace: 'default', name: 'a' })
    await create('c')
    await cluster.until('the next has one', async () => !!(await addressOf('c')))
    expect(await addressOf('c')).toBe(first)
  })
})
