import { describe, expect, test } from '@jest/globals'
import { CidrSet } from './cidr-set.js'

describe('the networks of nodes', () => {
  const take = (set: CidrSet) => set.take()?.cidr

  test('are given in turn, and again when all were given once', () => {
    const set = new CidrSet({ clusterCidr: '10.0.0.0/22', nodeMaskSize: 24 })
    expect([take(set), take(set), take(set)]).toEqual(['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24'])
    set.release('10.0.0.0/24')
    expect([take(set), take(set), take(set)]).toEqual(['10.0.3.0/24', '10.0.0.0/24', undefined])
  })

  test('tell how many others were passed over', () => {
    const set = new CidrSet({ clusterCidr: '10.0.0.0/22', nodeMaskSize: 24 })
    expect(set.occupy('10.0.0.0/23')).toBe(2)
    expect(set.occupy('10.0.1.0/24')).toBe(0)
    expect(set.take()).toEqual({ cidr: '10.0.2.0/24', tries: 2 })
  })

  test.each([
    [{ clusterCidr: 'fd00::/40', nodeMaskSize: 64 }, 'New CIDR set failed; the node CIDR size is too big'],
    [{ clusterCidr: '10.0.0.0/24', nodeMaskSize: 20 }, '10.0.0.0/24 has no parts of 20 bits'],
  ])('%p cannot be', (options, message) => {
    expect(() => new CidrSet(options)).toThrow(message)
  })

  test('are of the cluster alone', () => {
    const set = new CidrSet({ clusterCidr: '10.0.0.0/22', nodeMaskSize: 24 })
    expect(() => set.occupy('10.1.0.0/24')).toThrow('cidr 10.1.0.0/24 is out the range of cluster cidr 10.0.0.0/22')
  })
})
