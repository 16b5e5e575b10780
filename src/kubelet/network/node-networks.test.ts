import { describe, expect, test } from '@jest/globals'
import { AddressBlock } from './bridge/address-block.js'
import { Ipv6Block } from './ipv6-block.js'
import { NodeNetworks } from './node-networks.js'

const networksOf = (subnet: string, nodeMask: number, ipv6?: string) =>
  new NodeNetworks(new AddressBlock(subnet, nodeMask), nodeMask, ipv6 ? new Ipv6Block(ipv6) : undefined)

describe('the networks of nodes', () => {
  test.each([
    ['10.244.0.0/20', 24, '10.244.3.0/24', ['10.244.3.0/24']],
    ['10.244.0.0/20', 26, '10.244.0.64/26', ['10.244.0.64/26']],
    ['10.244.0.0/20', 23, '10.244.2.0/23', ['10.244.2.0/23']],
    // As many pods as fit on a bridge, several times.
    ['10.244.0.0/18', 22, '10.244.4.0/22', ['10.244.4.0/23', '10.244.6.0/23']],
  ])('of %s, of %d bits: the pods of %s are in %p', (subnet, nodeMask, cidr, parts) => {
    expect(
      networksOf(subnet, nodeMask)
        .partsOf([cidr])
        .map(part => part.subnet),
    ).toEqual(parts)
  })

  test.each([
    [24, ['10.244.0.0/20', 24], ['fd00:1::/60', 64]],
    [23, ['10.244.0.0/20', 23], ['fd00:1::/61', 64]],
    [22, ['10.244.0.0/20', 22], ['fd00:1::/61', 63]],
  ])('of %d bits are as many of IPv6', (nodeMask, ...ranges) => {
    const wanted = ranges.map(([clusterCidr, nodeMaskSize]) => ({ clusterCidr, nodeMaskSize }))
    expect(networksOf('10.244.0.0/20', nodeMask, 'fd00:1::/56').ranges).toEqual(wanted)
  })

  const dual = networksOf('10.244.0.0/20', 24, 'fd00:1::/56')
  test('of both families go together', () => {
    expect(dual.partsOf(['10.244.3.0/24', 'fd00:1:0:3::/64'])[0]?.index).toBe(3)
  })

  test.each([
    [[], 'the node has no pod CIDR'],
    [
      ['10.244.3.0/24'],
      'the pod CIDR of the node is 10.244.3.0/24, not a /24 of 10.244.0.0/20 and a /64 of fd00:1::/60',
    ],
    [['10.244.3.0/24', 'fd00:1:0:4::/64'], 'both of one number'],
    [['10.1.0.0/24', 'fd00:1::/64'], 'the pod CIDR of the node is 10.1.0.0/24,fd00:1::/64'],
    [['10.244.2.0/23', 'fd00:1::/64'], 'the pod CIDR of the node is 10.244.2.0/23'],
  ])('%p are none of them', (cidrs, message) => {
    expect(() => dual.partsOf(cidrs)).toThrow(message)
  })
})
