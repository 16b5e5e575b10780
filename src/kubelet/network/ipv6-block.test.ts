import { expect, test } from '@jest/globals'
import { Ipv6Block } from './ipv6-block.js'

test('a bridge has a network, a pod the number that it has among the IPv4 addresses', () => {
  const block = new Ipv6Block('fd00:1::/56')
  expect(block.part(0)).toEqual({ subnet: 'fd00:1::/64', gateway: 'fd00:1::1', prefix: 64 })
  expect(block.part(7)).toEqual({ subnet: 'fd00:1:0:7::/64', gateway: 'fd00:1:0:7::1', prefix: 64 })
  expect(block.address(7, 510)).toBe('fd00:1:0:7::1fe')
})

test.each(['fd00::/64', '10.0.0.0/8', 'x'])('%s is no such block', subnet =>
  expect(() => new Ipv6Block(subnet)).toThrow(`${subnet} is no IPv6 network of at most 56 bits`),
)
