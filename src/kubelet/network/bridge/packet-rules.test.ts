import { expect, test } from '@jest/globals'
import { packetRules } from './packet-rules.js'

test('packetRules let pods out, and lead ports of the machine to them', () => {
  const mapping = { containerPort: 80, hostPort: 8080, protocol: 'TCP' } as const
  const rules = packetRules({
    family: 'IPv4',
    table: 'minik8s-x-pods',
    bridges: ['mk8s-x', 'mk82-x'],
    subnet: '10.244.0.0/20',
    pods: [
      { address: '10.244.0.2', mappings: [mapping, { ...mapping, hostPort: 53, hostIP: '10.0.0.1', protocol: 'UDP' }] },
    ],
  })
  for (const line of [
    'ip saddr 10.244.0.0/20 ip daddr != 10.244.0.0/20 masquerade',
    'ip saddr 127.0.0.0/8 oifname "mk82-x" masquerade',
    'fib daddr type local tcp dport 8080 dnat to 10.244.0.2:80',
    'ip daddr 10.0.0.1 udp dport 53 dnat to 10.244.0.2:80',
    'ip saddr 10.244.0.0/20 ip daddr 10.244.0.2 tcp dport 80 ct status dnat masquerade',
  ])
    expect(rules).toContain(`    ${line}\n`)
})
