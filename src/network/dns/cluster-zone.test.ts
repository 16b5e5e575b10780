import { describe, expect, test } from '@jest/globals'
import type { Answer, RecordType } from 'dns-packet'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { answerFromZone, type ClusterDirectory } from './cluster-zone.js'

const service = (name: string, spec: ServiceSpec): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name },
  spec,
})

const ports = [
  { name: 'http', protocol: 'TCP', port: 80 },
  { name: 'dns', protocol: 'UDP', port: 53 },
]
const services = [
  service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00::7'], ports }),
  service('ring', { clusterIP: 'None', clusterIPs: ['None'], ports }),
  service('plain', { clusterIP: 'None', clusterIPs: ['None'] }),
  service('away', { type: 'ExternalName', externalName: 'example.com' }),
]

const slice = (owner: string, rest: Pick<EndpointSlice, 'endpoints' | 'ports'>): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: `${owner}-1`, labels: { 'kubernetes.io/service-name': owner } },
  addressType: 'IPv4',
  ...rest,
})

const slices = [
  slice('ring', {
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: [
      { addresses: ['172.18.0.4'], hostname: 'ring-0', conditions: { ready: true } },
      { addresses: ['172.18.0.5'], conditions: {} },
      { addresses: ['172.18.0.6'], conditions: { ready: false } },
    ],
  }),
  slice('plain', { endpoints: [{ addresses: ['172.18.0.9'], conditions: { ready: true } }] }),
]

const directory: ClusterDirectory = {
  service: (namespace, name) =>
    services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  slices: (_, name) => slices.filter(({ metadata }) => metadata.name === `${name}-1`),
  hasNamespace: name => name === 'shop',
  serviceAt: ip => services.find(({ spec }) => spec.clusterIPs?.includes(ip)),
  slicesAt: ip => slices.filter(({ endpoints }) => endpoints?.some(({ addresses }) => addresses.includes(ip))),
}

const ask = (name: string, type: RecordType = 'A') => answerFromZone({ name, type }, directory, 'cluster.local')

/** One line an answer, without the name that was asked for and the time to live. */
const told = (name: string, type?: RecordType): string[] | 'no such name' | 'not ours' => {
  const answer = ask(name, type)
  if (!answer) return 'not ours'
  return answer.exists ? answer.answers.map(line) : 'no such name'
}

function line(answer: Answer): string {
  if (answer.type === 'SRV') {
    const { priority, weight, port, target } = answer.data
    return `${priority} ${weight} ${port} ${target}`
  }
  return answer.type === 'A' || answer.type === 'AAAA' || answer.type === 'CNAME' || answer.type === 'PTR'
    ? answer.data
    : answer.type
}

describe('the zone of the cluster', () => {
  test.each<[string, RecordType, string[] | string]>([
    ['web.shop.svc.cluster.local', 'A', ['10.96.0.7']],
    ['WEB.Shop.svc.Cluster.local', 'A', ['10.96.0.7']],
    ['web.shop.svc.cluster.local', 'AAAA', ['fd00::7']],
    ['web.shop.svc.cluster.local', 'TXT', []],
    ['_http._tcp.web.shop.svc.cluster.local', 'SRV', ['0 50 80 web.shop.svc.cluster.local']],
    ['_http._udp.web.shop.svc.cluster.local', 'SRV', 'no such name'],
    ['_dns._udp.web.shop.svc.cluster.local', 'A', ['10.96.0.7']],
    ['ring.shop.svc.cluster.local', 'A', ['172.18.0.4', '172.18.0.5']],
    ['ring-0.ring.shop.svc.cluster.local', 'A', ['172.18.0.4']],
    ['172-18-0-5.ring.shop.svc.cluster.local', 'A', ['172.18.0.5']],
    ['172-18-0-6.ring.shop.svc.cluster.local', 'A', 'no such name'],
    [
      '_http._tcp.ring.shop.svc.cluster.local',
      'SRV',
      ['0 50 8080 ring-0.ring.shop.svc.cluster.local', '0 50 8080 172-18-0-5.ring.shop.svc.cluster.local'],
    ],
    ['plain.shop.svc.cluster.local', 'A', ['172.18.0.9']],
    ['away.shop.svc.cluster.local', 'A', ['example.com']],
    ['web.other.svc.cluster.local', 'A', 'no such name'],
    ['none.shop.svc.cluster.local', 'A', 'no such name'],
    ['a.b.c.web.shop.svc.cluster.local', 'A', 'no such name'],
    ['shop.svc.cluster.local', 'A', []],
    ['svc.cluster.local', 'A', []],
    ['cluster.local', 'A', []],
    ['cluster.local', 'SOA', ['SOA']],
    ['other.cluster.local', 'A', 'no such name'],
    ['10-1-2-3.shop.pod.cluster.local', 'A', ['10.1.2.3']],
    ['10-1-2-300.shop.pod.cluster.local', 'A', 'no such name'],
    ['10-1-2-3.other.pod.cluster.local', 'A', 'no such name'],
    ['dns-version.cluster.local', 'TXT', ['TXT']],
    ['7.0.96.10.in-addr.arpa', 'PTR', ['web.shop.svc.cluster.local']],
    ['4.0.18.172.in-addr.arpa', 'PTR', ['ring-0.ring.shop.svc.cluster.local']],
    ['9.9.9.9.in-addr.arpa', 'PTR', 'not ours'],
    ['example.com', 'A', 'not ours'],
    ['notcluster.local', 'A', 'not ours'],
  ])('%s %s: %j', (name, type, expected) => expect(told(name, type)).toEqual(expected))

  test('an external name is to be looked up in its place', () =>
    expect(ask('away.shop.svc.cluster.local')?.alias).toBe('example.com'))

  test('addresses of the targets of SRV records come along', () =>
    expect(ask('_http._tcp.ring.shop.svc.cluster.local', 'SRV')?.additionals.map(line)).toEqual([
      '172.18.0.4',
      '172.18.0.5',
    ]))
})
