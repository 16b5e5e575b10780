import { describe, expect, test } from '@jest/globals'
import { newPod } from '../testing/pods.js'
import { hostNetworkHostsFile, hostsFile, kernelHostname, podHostname } from './hosts-file.js'
import { formatResolvConf, parseResolvConf, podDnsConfig } from './resolv-conf.js'

const host = parseResolvConf('# mine\nnameserver 192.0.2.53\nsearch a.example. b.example\noptions ndots:2 timeout:1\n')
const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }
const file = (spec: Parameters<typeof newPod>[0], dns = cluster) =>
  formatResolvConf(podDnsConfig(newPod(spec), host, dns))

describe('resolv.conf', () => {
  const ofCluster = `search shop.svc.cluster.local svc.cluster.local cluster.local a.example b.example
nameserver 10.96.0.10
options ndots:5
`
  const ofHost = `search a.example b.example
nameserver 192.0.2.53
options ndots:2 timeout:1
`
  test.each([
    ['ClusterFirst', { dnsPolicy: 'ClusterFirst' }, ofCluster],
    ['ClusterFirst on the host network', { dnsPolicy: 'ClusterFirst', hostNetwork: true }, ofHost],
    ['ClusterFirstWithHostNet', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, ofCluster],
    ['Default', { dnsPolicy: 'Default' }, ofHost],
    [
      'None',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'debug' }] } },
      'nameserver 1.1.1.1\noptions debug\n',
    ],
    [
      'an addition',
      {
        dnsPolicy: 'Default',
        dnsConfig: {
          nameservers: ['192.0.2.53', '1.1.1.1'],
          searches: ['c'],
          options: [{ name: 'ndots', value: '3' }],
        },
      },
      'search a.example b.example c\nnameserver 192.0.2.53\nnameserver 1.1.1.1\noptions ndots:3 timeout:1\n',
    ],
  ])('by policy %s', (_, spec, expected) => {
    expect(file(spec)).toBe(expected)
  })

  test('is that of the host while the cluster has no DNS', () => {
    expect(file({ dnsPolicy: 'ClusterFirst' }, { servers: [], domain: 'cluster.local' })).toBe(ofHost)
  })
})

describe('hosts', () => {
  const pod = newPod({ hostname: 'db', subdomain: 'ring', hostAliases: [{ ip: '192.0.2.9', hostnames: ['a', 'b'] }] })

  test('name the pod and its aliases', () => {
    const text = hostsFile(pod, ['10.0.0.7'], 'cluster.local')
    expect(text.startsWith('# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n')).toBe(true)
    expect(text).toContain('10.0.0.7\tdb.ring.shop.svc.cluster.local\tdb\n')
    expect(text.endsWith('\n\n# Entries added by HostAliases.\n192.0.2.9\ta\tb\n')).toBe(true)
  })

  test('are those of the node on its network', () => {
    expect(hostNetworkHostsFile(newPod(), '127.0.0.1 x\n')).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 x\n',
    )
  })

  test('a name too long is cut', () => {
    const name = `${'a'.repeat(62)}-b`
    expect(podHostname(newPod({}, { name }), 'cluster.local').hostname).toBe('a'.repeat(62))
  })

  test('the kernel is told the full name where the pod wants it', () => {
    expect(kernelHostname(pod, 'cluster.local')).toBe('db')
    expect(kernelHostname({ ...pod, spec: { ...pod.spec, setHostnameAsFQDN: true } }, 'cluster.local')).toBe(
      'db.ring.shop.svc.cluster.local',
    )
  })
})
