import { expect, test } from '@jest/globals'
import type { Ingress, NetworkPolicy } from '../generated/networking-v1.js'
import { cells, createErrors, prepared, updateErrors } from '../kind-testing.js'
import { ingress, ingressClass, ipAddress, networkPolicy, serviceCidr } from './index.js'

const backend = { service: { name: 'web', port: { number: 80 } } }
const newIngress = (spec: Ingress['spec']): Ingress => ({ metadata: { name: 'i', namespace: 'default' }, spec })

test.each([
  { name: 'a default backend', spec: { defaultBackend: backend }, errors: [] },
  {
    name: 'nothing to route',
    spec: {},
    errors: ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  },
  {
    name: 'an address as host and a relative path',
    spec: { rules: [{ host: '10.0.0.1', http: { paths: [{ path: 'x', pathType: 'Prefix', backend }] } }] },
    errors: [
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
      'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
    ],
  },
  {
    name: 'a backend without port',
    spec: { defaultBackend: { service: { name: 'web' } } },
    errors: ['spec.defaultBackend: Required value: port name or number is required'],
  },
])('ingress with $name', ({ spec, errors }) => {
  expect(createErrors(ingress, newIngress(spec))).toEqual(errors)
})

test('ingress columns', () => {
  const hosts = ['a', 'b', 'c', 'd'].map(host => ({ host }))
  const object = {
    ...newIngress({ rules: hosts, tls: [{}] }),
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
  }
  expect(cells(ingress, object)).toMatchObject({
    Class: '<none>',
    Hosts: 'a,b,c + 1 more...',
    Address: '1.2.3.4',
    Ports: '80, 443',
  })
})

test('network policy defaults and checks', () => {
  const object: NetworkPolicy = {
    metadata: { name: 'n', namespace: 'default' },
    spec: {
      podSelector: {},
      egress: [{ ports: [{ port: 70000 }], to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }],
    },
  }
  expect(createErrors(networkPolicy, object)).toEqual([
    'spec.egress[0].ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  ])
  expect(object.spec.policyTypes).toEqual(['Ingress', 'Egress'])
  expect(cells(networkPolicy, object)).toMatchObject({ 'Pod-Selector': '<none>' })
})

test('an ingress class needs a controller under a domain', () => {
  const object = { metadata: { name: 'c' }, spec: { controller: 'nginx', parameters: { kind: 'K', name: 'n' } } }
  expect(createErrors(ingressClass, object)).toEqual([
    'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
  ])
  expect(cells(ingressClass, object)).toMatchObject({ Parameters: 'K/n' })
})

test('a service CIDR may gain a second family and nothing else', () => {
  const of = (...cidrs: string[]) => ({ metadata: { name: 's' }, spec: { cidrs } })
  expect(createErrors(serviceCidr, of('10.0.0.0/8', '11.0.0.0/8'))).toHaveLength(1)
  expect(updateErrors(serviceCidr, of('10.0.0.0/8', 'fd00::/64'), of('10.0.0.0/8'))).toEqual([])
  expect(updateErrors(serviceCidr, of('11.0.0.0/8'), of('10.0.0.0/8'))).toEqual([
    'spec.cidrs[0]: Invalid value: "11.0.0.0/8": field is immutable',
  ])
})

test('an IP address is named after itself', () => {
  expect(ipAddress.strategy.validateName?.('10.0.0.1', false, {} as never)).toEqual([])
  expect(ipAddress.strategy.validateName?.('web', false, {} as never)).toHaveLength(1)
  const object = prepared(ipAddress, {
    metadata: { name: '10.0.0.1' },
    spec: { parentRef: { resource: 'services', name: 'web', namespace: 'default' } },
  })
  expect(cells(ipAddress, object)).toMatchObject({ ParentRef: 'services/default/web', Age: expect.anything() })
})
