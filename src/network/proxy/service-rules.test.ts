import { describe, expect, test } from '@jest/globals'
import type { RoutedPort } from './service-ports.js'
import { podsOnNode, proxyFrame, serviceRules } from './service-rules.js'
import { routedPort, routesOf } from './testing/routed-port.js'

const place = { family: 'IPv4', bridges: ['br-test'], serviceSubnet: '10.96.0.0/16' } as const
const [a, b, c] = ['172.18.0.2', '172.18.0.3', '172.18.0.4'].map(ip => ({ ip, port: 8080 }))
const port = (rest: Partial<RoutedPort> = {}) => routedPort({ backends: [a!, b!], hasEndpoints: true, ...rest })

/** Rules by chain, and elements, each as a line; ids are left out. */
function told(...ports: RoutedPort[]) {
  const withoutIds = (text: string) => text.replaceAll(/-[0-9a-f]{12}/g, '')
  const { chains, sets, elements } = serviceRules(routesOf(...ports), place)
  return {
    chains: Object.fromEntries(
      Object.entries(chains ?? {}).map(([name, { rules }]) => [withoutIds(name), rules.map(withoutIds)]),
    ),
    sets: Object.values(sets ?? {}),
    elements: (elements ?? []).map(({ set, key, value }) => withoutIds(`${set} ${key}${value ? ` : ${value}` : ''}`)),
  }
}

describe('rules of a service', () => {
  test('each backend is picked as often, and may call itself', () =>
    expect(told(port({ backends: [a!, b!, c!] }))).toEqual({
      chains: {
        svc: [
          'numgen random mod 3 0 meta l4proto tcp dnat to 172.18.0.2:8080',
          'numgen random mod 2 0 meta l4proto tcp dnat to 172.18.0.3:8080',
          'meta l4proto tcp dnat to 172.18.0.4:8080',
        ],
      },
      sets: [],
      elements: [
        'service-ips 10.96.0.7 . tcp . 80 : goto svc',
        'hairpin 172.18.0.2 . 172.18.0.2',
        'hairpin 172.18.0.3 . 172.18.0.3',
        'hairpin 172.18.0.4 . 172.18.0.4',
      ],
    }))

  test('without endpoints everything is refused', () =>
    expect(
      told(port({ backends: [], hasEndpoints: false, nodePort: 30080, externalIps: ['192.0.2.1'] })),
    ).toMatchObject({
      chains: {},
      elements: [
        'refused-ips 10.96.0.7 . tcp . 80 : goto refuse',
        'refused-ips 192.0.2.1 . tcp . 80 : goto refuse',
        'refused-nodeports tcp . 30080 : goto refuse',
      ],
    }))

  test('clients stay with their backend', () => {
    const { chains, sets } = told(port({ affinitySeconds: 60, backends: [a!] }))
    expect(sets).toEqual(['set { type ipv4_addr; flags dynamic,timeout; timeout 60s; }'])
    expect(chains).toEqual({
      ep: ['update @affinity { ip saddr }', 'meta l4proto tcp dnat to 172.18.0.2:8080'],
      svc: ['ip saddr @affinity goto ep', 'goto ep'],
    })
  })

  test('pods of a node that gets other backends are sent there; nowhere when it gets none', () => {
    const byNode = new Map([
      ['node-1', [a!]],
      ['node-2', []],
    ])
    const { chains } = told(port({ byNode }))
    expect(chains['svc-0']).toEqual(['meta l4proto tcp dnat to 172.18.0.2:8080'])
    expect(chains['svc-1']).toEqual(['drop'])
    expect(chains.svc).toHaveLength(4)
    const { chains: named } = serviceRules(routesOf(port({ byNode })), place)
    expect(JSON.stringify(named)).toContain(`ip saddr @${podsOnNode('node-1')} goto svc-0-`)
  })

  test('from outside only to local pods, from within to all', () =>
    expect(told(port({ nodePort: 30080, external: [] })).chains).toEqual({
      svc: expect.anything(),
      ext: ['iifname "br-test" goto svc', 'fib saddr type local goto svc', 'drop'],
    }))

  test('external ways do not mind the internal policy', () => {
    const { chains, elements } = told(
      port({ externalIps: ['192.0.2.1'], backends: [a!], cluster: [a!, b!], external: [a!, b!] }),
    )
    expect(chains.all).toHaveLength(2)
    expect(elements).toContain('external-ips 192.0.2.1 . tcp . 80 : goto all')
  })

  test('who is not in the source ranges of a load balancer is kept out', () => {
    const { chains, elements } = told(
      port({ externalIps: ['192.0.2.1'], balancerIps: ['192.0.2.1'], sourceRanges: ['10.0.0.0/8', '10.0.0.0/8'] }),
    )
    expect(chains.fw).toEqual(['ip saddr { 10.0.0.0/8 } return', 'drop'])
    expect(elements).toContain('firewall-ips 192.0.2.1 . tcp . 80 : goto fw')
  })
})

describe('the frame', () => {
  const rules = (masquerade?: string) => proxyFrame({ ...place, ...(masquerade && { masquerade }) }).chains!

  test('TCP is refused with a reset', () =>
    expect(rules().refuse?.rules).toEqual(['meta l4proto tcp reject with tcp reset', 'reject']))

  test.each([
    [{ bridges: ['br-1', 'br-2'] }, ['iifname "br-1" goto services', 'iifname "br-2" goto services', 'goto outside']],
    [{ bridges: [], podSubnet: '10.1.0.0/16' }, ['ip saddr 10.1.0.0/16 goto services', 'goto outside']],
    [{ bridges: [] }, ['goto services', 'goto outside']],
  ])('cluster IPs are for who comes from the pods: %j', (pods, expected) => {
    expect(proxyFrame({ ...place, ...pods }).chains!.prerouting?.rules).toEqual(expected)
  })

  test('the host stands in for pods where bridges do not pass the packet filter', () => {
    expect(rules().postrouting?.rules).toHaveLength(1)
    expect(rules('172.18.0.0/16').postrouting?.rules).toContain(
      'ct status dnat ip saddr 172.18.0.0/16 ip daddr 172.18.0.0/16 masquerade',
    )
  })

  test('says the same of IPv6 in the words of that family', () => {
    const own = { family: 'IPv6', bridges: [], podSubnet: 'fd00:1::/56', serviceSubnet: 'fd00:96::/112' } as const
    const { chains, sets } = proxyFrame(own)
    expect(chains!.prerouting?.rules).toEqual(['ip6 saddr fd00:1::/56 goto services', 'goto outside'])
    expect(chains!.outside?.rules).toContain(
      'ip6 daddr != ::1 fib daddr type local meta l4proto . th dport vmap @service-nodeports',
    )
    expect(sets!.hairpin).toBe('set { type ipv6_addr . ipv6_addr; }')
    const routed = port({ clusterIps: ['fd00:96::7'], backends: [{ ip: 'fd00:1::2', port: 8080 }] })
    const rules = serviceRules(routesOf(routed), own)
    expect(Object.values(rules.chains!)).toEqual([{ rules: ['meta l4proto tcp dnat to [fd00:1::2]:8080'] }])
    expect(rules.elements!.map(({ key }) => key)).toEqual(['fd00:96::7 . tcp . 80', 'fd00:1::2 . fd00:1::2'])
  })
})
