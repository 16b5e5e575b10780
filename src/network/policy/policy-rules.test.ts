import { describe, expect, test } from '@jest/globals'
import type { Namespace, Pod } from '../../apis/generated/core-v1.js'
import type { NetworkPolicy, NetworkPolicySpec } from '../../apis/generated/networking-v1.js'
import { planPolicies } from './policy-rules.js'

const pod = (place: string, ip: string, rest: Partial<Pod['spec']> = {}, phase = 'Running'): Pod => {
  const [namespace = '', name = ''] = place.split('/')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app: name } },
    spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }], ...rest },
    status: { podIP: ip, phase },
  }
}
const pods = [
  pod('shop/web', '172.18.0.2'),
  pod('shop/db', '172.18.0.3'),
  pod('shop/agent', '192.0.2.1', { hostNetwork: true }),
  pod('shop/done', '172.18.0.4', {}, 'Succeeded'),
  pod('tools/web', '172.18.0.5', { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 9090 }] }] }),
]
const namespaces: Namespace[] = ['shop', 'tools'].map(name => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { team: name } },
  spec: {},
  status: {},
}))
const policy = (spec: NetworkPolicySpec, name = 'p'): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'shop', name },
  spec: { podSelector: {}, ...spec },
})
const app = (name: string) => ({ matchLabels: { app: name } })

/** Ids are left out. */
const plain = (text: string) => text.replaceAll(/-[0-9a-f]{12}/g, '')
function told(...policies: NetworkPolicy[]) {
  const parts = [...planPolicies({ family: 'IPv4', policies, pods, namespaces })].filter(
    ([owner]) => owner !== 'policies',
  )
  const chains = parts.flatMap(([, { chains: own }]) =>
    Object.entries(own ?? {}).map(([name, { rules }]) => [plain(name), rules.map(plain)] as const),
  )
  const elements = parts.flatMap(([, part]) => part.elements ?? []).map(({ set, key }) => `${plain(set)} ${key}`)
  return { chains: Object.fromEntries(chains), elements }
}
/** Rules of the one policy. */
const ingressRules = (spec: NetworkPolicySpec) => told(policy(spec)).chains['ingress-of']
const egressRules = (spec: NetworkPolicySpec) => told(policy({ policyTypes: ['Egress'], ...spec })).chains['egress-of']

describe('rules of network policies', () => {
  test('none without policies', () =>
    expect(planPolicies({ family: 'IPv4', policies: [], pods, namespaces }).size).toBe(0))

  test('default deny: all pods of the namespace with addresses of their own are isolated, and nothing is accepted', () =>
    expect(told(policy({}))).toEqual({
      chains: { 'ingress-of': [], ingress: ['jump ingress-of', 'drop'] },
      elements: ['ingress-isolated 172.18.0.2', 'ingress-isolated 172.18.0.3'],
    }))

  test.each<[string, NetworkPolicySpec, string[]]>([
    ['an empty rule accepts all', { ingress: [{}] }, ['accept']],
    ['peers are a set of pods', { ingress: [{ from: [{ podSelector: app('web') }] }] }, ['ip saddr @peers accept']],
    [
      'a block, but for parts of it',
      { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.1.2.0/24'] } }] }] },
      ['ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 ip saddr != 10.1.2.0/24 accept'],
    ],
    ['the block of all', { ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] }, ['accept']],
    ['a block of IPv6 accepts nobody', { ingress: [{ from: [{ ipBlock: { cidr: 'fd00::/8' } }] }] }, []],
    [
      'every peer with every port',
      {
        ingress: [
          {
            from: [{ podSelector: app('web') }, { ipBlock: { cidr: '10.0.0.0/8' } }],
            ports: [{ port: 80 }, { port: 6000, endPort: 6010, protocol: 'UDP' }, { protocol: 'SCTP' }],
          },
        ],
      },
      [
        'ip saddr @peers tcp dport 80 accept',
        'ip saddr @peers udp dport 6000-6010 accept',
        'ip saddr @peers meta l4proto sctp accept',
        'ip saddr 10.0.0.0/8 tcp dport 80 accept',
        'ip saddr 10.0.0.0/8 udp dport 6000-6010 accept',
        'ip saddr 10.0.0.0/8 meta l4proto sctp accept',
      ],
    ],
  ])('%s', (_, spec, expected) => expect(ingressRules(spec)).toEqual(expected))

  test.each<[string, object, string[]]>([
    ['of the own namespace', { podSelector: app('web') }, ['172.18.0.2']],
    ['of other namespaces', { namespaceSelector: { matchLabels: { team: 'tools' } } }, ['172.18.0.5']],
    [
      'of all namespaces, chosen by both',
      { namespaceSelector: {}, podSelector: app('web') },
      ['172.18.0.2', '172.18.0.5'],
    ],
  ])('pods %s', (_, peer, expected) => {
    const { elements } = told(policy({ podSelector: app('db'), ingress: [{ from: [peer] }] }))
    expect(elements.filter(one => one.startsWith('peers '))).toEqual(expected.map(ip => `peers ${ip}`))
  })

  test('a port by name is that of the pod that is called', () => {
    const ports = [{ port: 'http' }]
    expect(told(policy({ podSelector: app('web'), ingress: [{ ports }] })).elements).toContain(
      'ports 172.18.0.2 . 8080',
    )
    const { chains, elements } = told(
      policy({
        policyTypes: ['Egress'],
        egress: [{ to: [{ namespaceSelector: { matchLabels: { team: 'tools' } } }], ports }],
      }),
    )
    expect(chains['egress-of']).toEqual(['ip daddr @peers ip daddr . tcp dport @ports accept'])
    expect(elements).toContain('ports 172.18.0.5 . 9090')
    expect(elements).not.toContain('ports 172.18.0.2 . 8080')
  })

  test('egress looks at where it goes', () => {
    expect(egressRules({ egress: [{ to: [{ podSelector: app('db') }] }] })).toEqual(['ip daddr @peers accept'])
    expect(told(policy({ policyTypes: ['Egress'] })).elements).toContain('egress-isolated 172.18.0.2')
  })

  test('a pod that several policies select may do what one of them allows', () => {
    const { chains } = told(policy({}, 'deny'), policy({ podSelector: app('db'), ingress: [{}] }, 'allow'))
    expect(chains.ingress).toEqual(['jump ingress-of', 'jump ingress-of', 'drop'])
  })

  test('policies of egress do not isolate ingress', () =>
    expect(told(policy({ policyTypes: ['Egress'] })).elements.join()).not.toContain('ingress-isolated'))

  test('of IPv6: its addresses and blocks, and neighbours find each other', () => {
    const six = pods.map((one, i) => ({ ...one, status: { ...one.status, podIPs: [{ ip: `fd00:1::${i + 2}` }] } }))
    const spec = { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }, { ipBlock: { cidr: 'fd00::/8' } }] }] }
    const parts = planPolicies({ family: 'IPv6', policies: [policy(spec)], pods: six, namespaces })
    const all = [...parts.values()]
    const rules = all.flatMap(({ chains }) => Object.values(chains ?? {})).flatMap(chain => chain.rules)
    expect(rules).toContain('ip6 saddr fd00::/8 accept')
    expect(rules.filter(rule => rule.includes('nd-neighbor-solicit'))).toHaveLength(2)
    expect(rules.join()).not.toContain('10.0.0.0')
    expect(all.flatMap(({ elements }) => elements ?? []).map(({ key }) => key)).toEqual(['fd00:1::2', 'fd00:1::3'])
  })
})
