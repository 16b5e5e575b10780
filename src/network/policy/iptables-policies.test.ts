import { describe, expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { NetworkPolicy } from '../../apis/generated/networking-v1.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import { planIptablesPolicies } from './iptables-policies.js'

const web: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'web' },
  spec: { containers: [] },
  status: { podIP: '10.88.0.2', podIPs: [{ ip: '10.88.0.2' }, { ip: 'fd00::2' }], phase: 'Running' },
}
const policy: NetworkPolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'shop', name: 'p' },
  spec: {
    podSelector: {},
    ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }, { ipBlock: { cidr: 'fd00::/8', except: ['fd80::/9'] } }] }],
  },
}

/** All rules, without the names of chains. */
function rulesOf(family: IpFamily): string[] {
  const parts = planIptablesPolicies({ family, policies: [policy], pods: [web], namespaces: [] }, 'p-')
  const rules = [...parts.values()].flatMap(({ chains, shared }) => [
    ...Object.values(chains ?? {}).flatMap(chain => chain.rules),
    ...(shared ?? []).map(({ rule }) => rule),
  ])
  return rules.map(rule => rule.replace(/ -[jg] p-\S+$/, ''))
}

describe('policies as rules of iptables', () => {
  test('of IPv4', () => {
    const rules = rulesOf('IPv4')
    expect(rules).toContain('-s 10.0.0.0/8 -j RETURN')
    expect(rules).toContain('-d 10.88.0.2/32 ! -s 10.88.0.2/32')
    expect(rules.join('\n')).not.toMatch(/fd|icmp6/)
  })

  test('of IPv6, where neighbours find each other', () => {
    const rules = rulesOf('IPv6')
    expect(rules).toContain('-s fd00::/9 -j RETURN')
    expect(rules).toContain('-d fd00::2/128 ! -s fd00::2/128')
    expect(rules.filter(rule => rule.includes('neighbour-solicitation -j RETURN'))).toHaveLength(2)
    expect(rules.join('\n')).not.toContain('10.')
  })
})
