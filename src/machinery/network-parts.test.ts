import { describe, expect, test } from '@jest/globals'
import { NetworkParts } from './network-parts.js'

describe('the parts of a network', () => {
  test.each([
    ['10.244.0.0/20', 24, 16, 0, '10.244.0.0/24'],
    ['10.244.0.0/20', 24, 16, 15, '10.244.15.0/24'],
    ['10.244.0.7/20', 26, 64, 5, '10.244.1.64/26'],
    ['10.0.0.0/8', 24, 65_536, 65_535, '10.255.255.0/24'],
    ['fd00:1:2::/56', 64, 256, 17, 'fd00:1:2:11::/64'],
    ['fd00::/52', 68, 65_536, 17, 'fd00:0:0:1:1000::/68'],
  ])('%s in parts of %d bits: %d, number %d is %s', (whole, bits, count, index, part) => {
    const parts = new NetworkParts(whole, bits)
    expect(parts.count).toBe(count)
    expect(parts.at(index)).toBe(part)
    expect(parts.covered(part)).toEqual({ first: index, last: index })
  })

  test.each([
    ['10.244.2.0/23', { first: 2, last: 3 }],
    ['10.244.3.128/25', { first: 3, last: 3 }],
    ['10.244.3.128/20', { first: 0, last: 15 }],
    ['10.0.0.0/8', { first: 0, last: 15 }],
    ['10.244.16.0/24', undefined],
    ['11.0.0.0/8', undefined],
    ['fd00::/64', undefined],
    ['nonsense', undefined],
  ])('%s lies in %p of them', (cidr, covered) => {
    expect(new NetworkParts('10.244.0.0/20', 24).covered(cidr)).toEqual(covered)
  })

  test.each([
    ['10.244.0.0/20', 19],
    ['10.244.0.0/20', 33],
    ['10.244.0.0', 24],
  ])('%s has no parts of %d bits', (whole, bits) => {
    expect(() => new NetworkParts(whole, bits)).toThrow(`${whole} has no parts of ${bits} bits`)
  })
})
