import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import type { Endpoint, EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { planServicePorts } from './service-ports.js'

const service = (spec: ServiceSpec, status = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web' },
  spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ name: 'http', port: 80 }], ...spec },
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

const ready = (ip: string): Endpoint => ({ addresses: [ip], conditions: { ready: true } })
const ending = (ip: string): Endpoint => ({
  addresses: [ip],
  conditions: { ready: false, serving: true, terminating: true },
})
const plan = (spec: ServiceSpec, slices: EndpointSlice[] = [], status = {}) =>
  planServicePorts([service(spec, status)], () => slices)
const ips = (slices: EndpointSlice[]) => plan({}, slices)[0]?.backends.map(({ ip }) => ip)

describe('what the service proxy routes', () => {
  test('a port to the port of every ready pod, each once', () => {
    const [port] = plan({}, [slice(ready('172.18.0.3'), ready('172.18.0.2')), slice(ready('172.18.0.2'))])
    expect(port).toEqual({
      id: 'shop/web:http',
      protocol: 'tcp',
      port: 80,
      addresses: ['10.96.0.7'],
      nodePort: 0,
      affinitySeconds: 0,
      backends: [
        { ip: '172.18.0.2', port: 8080 },
        { ip: '172.18.0.3', port: 8080 },
      ],
    })
  })

  test('pods that end are used only when no other is ready', () => {
    expect(ips([slice(ready('172.18.0.2'), ending('172.18.0.3'))])).toEqual(['172.18.0.2'])
    expect(ips([slice(ending('172.18.0.3'))])).toEqual(['172.18.0.3'])
    expect(ips([slice({ addresses: ['172.18.0.4'], conditions: { ready: false } })])).toEqual([])
  })

  test('node ports, external addresses and those of load balancers', () => {
    const spec = {
      type: 'LoadBalancer',
      externalIPs: ['192.0.2.1'],
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    }
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.2' }, { ip: '192.0.2.3', ipMode: 'Proxy' }] } }
    expect(plan(spec, [], status)).toMatchObject([
      { nodePort: 30080, addresses: ['10.96.0.7', '192.0.2.1', '192.0.2.2'], backends: [] },
    ])
  })

  test('clients stay for as long as the service says', () => {
    expect(plan({ sessionAffinity: 'ClientIP' })).toMatchObject([{ affinitySeconds: 10800 }])
    const config = { clientIP: { timeoutSeconds: 5 } }
    expect(plan({ sessionAffinity: 'ClientIP', sessionAffinityConfig: config })).toMatchObject([{ affinitySeconds: 5 }])
  })

  test.each([{ clusterIP: 'None' }, { type: 'ExternalName', clusterIP: '' }])('nothing of %j', spec =>
    expect(plan(spec)).toEqual([]),
  )
})
