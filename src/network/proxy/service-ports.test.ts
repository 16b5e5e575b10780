import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import type { Endpoint, EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { planService } from './service-ports.js'
import { routedPort, routesOf } from './testing/routed-port.js'

const service = (spec: ServiceSpec, status = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.7',
    clusterIPs: ['10.96.0.7'],
    ports: [{ name: 'http', port: 80 }],
    ...spec,
  },
  status,
})

const slice = (...endpoints: Endpoint[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: 'web-1' },
  addressType: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  endpoints,
})

const topology = {
  family: 'IPv4' as const,
  nodes: new Map([
    ['node-1', 'a'],
    ['node-2', 'b'],
  ]),
}
const ready = (ip: string, rest: Partial<Endpoint> = {}): Endpoint => ({
  addresses: [ip],
  conditions: { ready: true },
  ...rest,
})
const ending = (ip: string, nodeName = 'node-1'): Endpoint => ({
  addresses: [ip],
  nodeName,
  conditions: { ready: false, serving: true, terminating: true },
})
const plan = (spec: ServiceSpec, slices: EndpointSlice[] = [], status = {}) =>
  planService(service(spec, status), slices, topology)
const port = (spec: ServiceSpec, ...endpoints: Endpoint[]) => plan(spec, [slice(...endpoints)])!.ports[0]!
const ips = (backends: readonly { ip: string }[] | undefined) => backends?.map(({ ip }) => ip)

describe('what the service proxy routes', () => {
  test('a port to the port of every ready pod, each once', () => {
    const routes = plan({}, [slice(ready('172.18.0.3'), ready('172.18.0.2')), slice(ready('172.18.0.2'))])
    const backends = [
      { ip: '172.18.0.2', port: 8080 },
      { ip: '172.18.0.3', port: 8080 },
    ]
    expect(routes).toEqual(routesOf(routedPort({ backends })))
  })

  test('pods that end are used only when no other is ready', () => {
    expect(ips(port({}, ready('172.18.0.2'), ending('172.18.0.3')).backends)).toEqual(['172.18.0.2'])
    expect(ips(port({}, ending('172.18.0.3')).backends)).toEqual(['172.18.0.3'])
    expect(port({}, { addresses: ['172.18.0.4'], conditions: { ready: false } })).toMatchObject({
      hasEndpoints: false,
      backends: [],
    })
  })

  test('node ports, external addresses and those of load balancers', () => {
    const spec = {
      type: 'LoadBalancer',
      externalIPs: ['192.0.2.1'],
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      loadBalancerSourceRanges: ['10.0.0.0/8 '],
    }
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.2' }, { ip: '192.0.2.3', ipMode: 'Proxy' }] } }
    expect(plan(spec, [], status)?.ports).toMatchObject([
      {
        nodePort: 30080,
        externalIps: ['192.0.2.1', '192.0.2.2'],
        balancerIps: ['192.0.2.2'],
        sourceRanges: ['10.0.0.0/8'],
        balanced: true,
      },
    ])
  })

  test('load balancers of another class are not served on localhost', () => {
    expect(port({ type: 'LoadBalancer', loadBalancerClass: 'example.com/other' }).balanced).toBe(false)
  })

  test('clients stay for as long as the service says', () => {
    expect(port({ sessionAffinity: 'ClientIP' })).toMatchObject({ affinitySeconds: 10800 })
    const config = { clientIP: { timeoutSeconds: 5 } }
    expect(port({ sessionAffinity: 'ClientIP', sessionAffinityConfig: config })).toMatchObject({ affinitySeconds: 5 })
  })

  test.each([
    { clusterIP: 'None', clusterIPs: ['None'] },
    { type: 'ExternalName', clusterIP: '' },
  ])('nothing of %j', spec => expect(plan(spec)).toBeUndefined())
})

describe('where traffic may go', () => {
  const one = ready('172.18.0.1', { nodeName: 'node-1' })
  const two = ready('172.18.0.2', { nodeName: 'node-2' })
  const away = ready('172.18.0.9', { nodeName: 'elsewhere' })

  test('internalTrafficPolicy Local: pods reach those of their own node, this machine those of all of its nodes', () => {
    const { backends, byNode, cluster } = port({ internalTrafficPolicy: 'Local' }, one, two, away)
    expect(ips(backends)).toEqual(['172.18.0.1', '172.18.0.2'])
    expect(ips(byNode.get('node-1'))).toEqual(['172.18.0.1'])
    expect(ips(byNode.get('node-2'))).toEqual(['172.18.0.2'])
    expect(cluster).toHaveLength(3)
  })

  test('internalTrafficPolicy Local: nowhere, without a pod on the node', () => {
    const { hasEndpoints, byNode } = port({ internalTrafficPolicy: 'Local' }, one)
    expect(hasEndpoints).toBe(true)
    expect(byNode.get('node-2')).toEqual([])
  })

  test('externalTrafficPolicy Local: from outside to pods of our nodes, those that end in need', () => {
    const spec = { type: 'NodePort', externalTrafficPolicy: 'Local' }
    expect(ips(port(spec, one, away).external)).toEqual(['172.18.0.1'])
    expect(ips(port(spec, ending('172.18.0.5'), away).external)).toEqual(['172.18.0.5'])
    expect(ips(port(spec, away).external)).toEqual([])
  })

  test('a health-check node port counts pods that are ready here', () => {
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31234 }
    expect(plan(spec, [slice(one, two, away, ending('172.18.0.5'))])).toMatchObject({
      healthCheckNodePort: 31234,
      localEndpoints: 2,
    })
  })

  const hinted = (endpoint: Endpoint, zone: string, node?: string): Endpoint => ({
    ...endpoint,
    hints: { forZones: [{ name: zone }], ...(node && { forNodes: [{ name: node }] }) },
  })

  test('hints: to those of the zone of the node', () => {
    const { backends, byNode } = port({}, hinted(one, 'a'), hinted(two, 'b'))
    expect(backends).toHaveLength(2)
    expect(ips(byNode.get('node-1'))).toEqual(['172.18.0.1'])
    expect(ips(byNode.get('node-2'))).toEqual(['172.18.0.2'])
  })

  test('hints: those of the node come first', () => {
    const { byNode } = port({}, hinted(one, 'b', 'node-2'), hinted(two, 'a', 'node-1'))
    expect(ips(byNode.get('node-1'))).toEqual(['172.18.0.2'])
  })

  test('hints do not count when one is missing, or none is for us', () => {
    expect(port({}, hinted(one, 'a'), two).byNode.size).toBe(0)
    expect(port({}, hinted(one, 'c'), hinted(two, 'c')).byNode.size).toBe(0)
  })

  test('each family by itself', () => {
    const both = { clusterIPs: ['10.96.0.7', 'fd00:96::7'], externalIPs: ['192.0.2.1', '2001:db8::1'] }
    const second = { ...slice(ready('fd00:1::2')), addressType: 'IPv6' as const }
    const slices = [slice(ready('172.18.0.2')), second]
    const [four, six] = [topology, { ...topology, family: 'IPv6' as const }].map(
      place => planService(service(both), slices, place)!.ports[0]!,
    )
    expect([four!.clusterIps, four!.externalIps, ips(four!.backends)]).toEqual([
      ['10.96.0.7'],
      ['192.0.2.1'],
      ['172.18.0.2'],
    ])
    expect([six!.clusterIps, six!.externalIps, ips(six!.backends)]).toEqual([
      ['fd00:96::7'],
      ['2001:db8::1'],
      ['fd00:1::2'],
    ])
    expect(planService(service({}), slices, { ...topology, family: 'IPv6' })).toBeUndefined()
  })
})
