import { describe, expect, test } from '@jest/globals'
import { checkAddresses, checkWithPlugins, nodeCidrsOf, podAddressingOf } from './pod-addressing.js'

const usual = { controllers: ['*'], nodes: 1 }
const pods = (count: number) => ({ kubelet: { 'max-pods': String(count) } })

describe('the addresses of pods', () => {
  test.each([
    ['as upstream by default', {}, { prefix: 20, nodeMask: 24 }],
    ['more for more pods on a node', pods(250), { prefix: 19, nodeMask: 23 }],
    ['on several bridges', pods(500), { prefix: 18, nodeMask: 22 }],
    ['on many', pods(1000), { prefix: 17, nodeMask: 21 }],
    ['for many nodes', { nodes: 100 }, { prefix: 16, nodeMask: 24 }],
    ['as one says', { nodeCidrMaskSize: 26 }, { prefix: 22, nodeMask: 26 }],
    ['where one says', { clusterCidr: '10.50.0.1/16' }, { subnet: '10.50.0.0/16', prefix: 20, nodeMask: 24 }],
    ['not of nodes when one says so', { allocateNodeCidrs: false }, { prefix: 20 }],
    ['not of nodes without their controller', { controllers: ['*', '-node-ipam-controller'] }, { prefix: 20 }],
    [
      "for another's controller where the range is known",
      { controllers: [], clusterCidr: '10.50.0.0/16' },
      { subnet: '10.50.0.0/16', prefix: 20, nodeMask: 24 },
    ],
  ])('are divided %s', (_, settings, addressing) => {
    expect(podAddressingOf({ ...usual, ...settings }, undefined)).toEqual(addressing)
  })

  test.each([
    [{ clusterCidr: 'fd00::/56' }, '--cluster-cidr must begin with a range of IPv4'],
    [{ clusterCidr: '10.0.0.0/16,10.1.0.0/16' }, '--cluster-cidr must be a range of IPv4, or that and one of IPv6'],
    [{ clusterCidr: '10.0.0.0/25' }, '--cluster-cidr 10.0.0.0/25 is smaller than the network of a node, /24'],
    [{ clusterCidr: '10.0.0.0/8' }, '--cluster-cidr 10.0.0.0/8 would want 65536 bridges, and 256 are the most'],
  ])('%p is refused', (settings, message) => {
    expect(() => podAddressingOf({ ...usual, ...settings }, undefined)).toThrow(message)
  })

  test('have a second family where services have', () => {
    expect(podAddressingOf(usual, 'fd01::/56').ipv6).toBe('fd01::/56')
    const given = { ...usual, clusterCidr: '10.50.0.0/16,fd02::/56' }
    expect([podAddressingOf(given, 'fd01::/56').ipv6, podAddressingOf(given, undefined).ipv6]).toEqual([
      'fd02::/56',
      undefined,
    ])
  })

  const network = {
    ...{ bridges: [], subnet: '10.244.0.0/20', gateway: '10.244.0.1' },
    nodeRanges: [{ clusterCidr: '10.244.0.0/20', nodeMaskSize: 24 }],
  }
  test('stay where pods are', () => {
    expect(() => checkAddresses({ ...usual, clusterCidr: '10.244.0.9/20' }, network)).not.toThrow()
    expect(() => checkAddresses({ ...usual, clusterCidr: '10.50.0.0/16' }, network)).toThrow('minik8s down')
  })

  test.each([
    [{ clusterCidr: '10.50.0.0/16' }, '--cluster-cidr: with CNI plugins'],
    [{ allocateNodeCidrs: true }, '--allocate-node-cidrs: with CNI plugins'],
  ])('are a matter of plugins where there are some: %p is refused', (settings, message) => {
    expect(() => checkWithPlugins({ ...usual, ...settings })).toThrow(message)
  })

  test('are given to nodes by our controller, where pods get them', () => {
    const settings = { ...usual, serviceSubnet: '10.96.0.0/16' }
    const given = { clusterCidrs: network.nodeRanges, serviceCidrs: ['10.96.0.0/16'] }
    expect(nodeCidrsOf(settings, network)).toEqual(given)
    expect(nodeCidrsOf({ ...settings, allocateNodeCidrs: false }, network)).toBeUndefined()
    expect(nodeCidrsOf(settings, { bridges: [], gateway: '10.244.0.1' })).toBeUndefined()
  })
})
