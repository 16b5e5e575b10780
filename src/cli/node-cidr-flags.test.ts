import { describe, expect, test } from '@jest/globals'
import { readNodeCidrFlags } from './node-cidr-flags.js'

const given = (more: object) => readNodeCidrFlags({ 'allocate-node-cidrs': 'true', ...more })

describe('what kube-controller-manager is told of the networks of nodes', () => {
  test.each([
    [{ 'cluster-cidr': '10.244.0.0/16' }, [{ clusterCidr: '10.244.0.0/16', nodeMaskSize: 24 }]],
    [{ 'cluster-cidr': 'fd00:1::/48' }, [{ clusterCidr: 'fd00:1::/48', nodeMaskSize: 64 }]],
    [
      { 'cluster-cidr': '10.244.0.0/16', 'node-cidr-mask-size': '26' },
      [{ clusterCidr: '10.244.0.0/16', nodeMaskSize: 26 }],
    ],
    [
      {
        'cluster-cidr': '10.244.0.0/16,fd00:1::/56',
        'node-cidr-mask-size-ipv4': '25',
        'node-cidr-mask-size-ipv6': '60',
      },
      [
        { clusterCidr: '10.244.0.0/16', nodeMaskSize: 25 },
        { clusterCidr: 'fd00:1::/56', nodeMaskSize: 60 },
      ],
    ],
  ])('%p', (flags, clusterCidrs) => {
    expect(given({ ...flags, 'service-cluster-ip-range': '10.96.0.0/16' })).toEqual({
      clusterCidrs,
      serviceCidrs: ['10.96.0.0/16'],
    })
  })

  test('is nothing by default', () => {
    expect(readNodeCidrFlags({ 'cluster-cidr': '10.244.0.0/16' })).toBeUndefined()
  })

  test.each([
    [{}, 'Must specify --cluster-cidr'],
    [{ 'cluster-cidr': '10.244.0.0' }, '"10.244.0.0" is no CIDR'],
    [{ 'cluster-cidr': '10.244.0.0/16,10.245.0.0/16' }, 'one range of each family'],
    [{ 'cluster-cidr': '10.244.0.0/26' }, '--cluster-cidr 10.244.0.0/26 has no parts of 24 bits'],
    [{ 'cluster-cidr': '10.244.0.0/16', 'node-cidr-mask-size': 'x' }, '--node-cidr-mask-size must be a number'],
    [
      { 'cluster-cidr': '10.244.0.0/16', 'node-cidr-mask-size-ipv6': '64' },
      '-ipv6 is not allowed for a single-stack IPv4 cluster',
    ],
    [{ 'cluster-cidr': '10.244.0.0/16,fd00::/56', 'node-cidr-mask-size': '24' }, 'not allowed with dual-stack'],
    [
      { 'cluster-cidr': '10.244.0.0/16', 'node-cidr-mask-size': '24', 'node-cidr-mask-size-ipv4': '24' },
      'is not allowed if --node-cidr-mask-size is set',
    ],
  ])('%p is refused', (flags, message) => {
    expect(() => given(flags)).toThrow(message)
  })
})
