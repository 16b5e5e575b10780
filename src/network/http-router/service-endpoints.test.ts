import { expect, test } from '@jest/globals'
import type { Service } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { planEndpoints } from './service-endpoints.js'

const service = (spec: Service['spec'] = {}): Service => ({
  metadata: { namespace: 'default', name: 'web' },
  spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80 }], ...spec },
})
const slice = (...endpoints: EndpointSlice['endpoints'] & object[]): EndpointSlice => ({
  metadata: { namespace: 'default', name: 'web-1' },
  addressType: 'IPv4',
  ports: [
    { name: 'other', port: 9 },
    { name: 'http', port: 8080, protocol: 'TCP' },
  ],
  endpoints,
})
const at = (ip: string, conditions?: object) => ({ addresses: [ip], conditions })
const ending = { ready: false, serving: true, terminating: true }

test.each<[string, Service | undefined, EndpointSlice[], number | string, string[] | undefined]>([
  ['by number', service(), [slice(at('10.0.0.1'), at('10.0.0.2'))], 80, ['10.0.0.1:8080', '10.0.0.2:8080']],
  ['by name', service(), [slice(at('10.0.0.1'))], 'http', ['10.0.0.1:8080']],
  ['of all slices, each once', service(), [slice(at('10.0.0.1')), slice(at('10.0.0.1'))], 80, ['10.0.0.1:8080']],
  ['those that are ready', service(), [slice(at('10.0.0.1', ending), at('10.0.0.2'))], 80, ['10.0.0.2:8080']],
  ['without any, those that end', service(), [slice(at('10.0.0.1', ending))], 80, ['10.0.0.1:8080']],
  ['none that does not serve', service(), [slice(at('10.0.0.1', { ready: false, serving: false }))], 80, []],
  ['elsewhere', service({ type: 'ExternalName', externalName: 'a.test', ports: [] }), [], 8080, ['a.test:8080']],
  ['no such port', service(), [slice(at('10.0.0.1'))], 81, undefined],
  ['no such service', undefined, [], 80, undefined],
])('%s', (_, found, slices, port, expected) => {
  expect(planEndpoints(found, slices, port)?.endpoints.map(({ host, port }) => `${host}:${port}`)).toEqual(expected)
})

test('pods that want TLS get it', () => {
  const ports = [{ name: 'http', port: 80, appProtocol: 'https' }]
  expect(planEndpoints(service({ ports }), [], 80)?.isTls).toBe(true)
})

test.each([
  [{ name: 'http', port: 80 }, undefined],
  [{ name: 'http', port: 80, appProtocol: 'kubernetes.io/h2c' }, true],
  [{ name: 'grpc', port: 80 }, true],
  [{ name: 'grpc-web', port: 80, appProtocol: 'http' }, undefined],
])('the port %j is spoken to over HTTP/2: %s', (port, expected) => {
  expect(planEndpoints(service({ ports: [port] }), [], 80)?.isHttp2).toBe(expected)
})
