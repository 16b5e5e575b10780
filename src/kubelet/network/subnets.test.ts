import { expect, test } from '@jest/globals'
import { freeSubnets, parseAddress } from './subnets.js'

const route = (address: string, mask: string) => ({ address: parseAddress(address), mask: parseAddress(mask) })

test('freeSubnets leaves out what interfaces and routes have', () => {
  expect(freeSubnets([], []).slice(0, 2)).toEqual(['10.244.0.0/20', '10.244.16.0/20'])
  const everywhere = route('0.0.0.0', '0.0.0.0')
  expect(freeSubnets([{ address: '10.244.3.4', family: 'IPv4' }], [everywhere])[0]).toBe('10.244.16.0/20')
  expect(freeSubnets([], [route('10.244.0.0', '255.254.0.0')])[0]).toBe('10.246.0.0/20')
  expect(freeSubnets([], [route('10.244.5.0', '255.255.255.0')])[0]).toBe('10.244.16.0/20')
  expect(freeSubnets([], [route('10.0.0.0', '255.0.0.0')])).toEqual([])
  expect(freeSubnets([], [route('10.254.0.0', '255.255.255.0')], 16)[0]).toBe('10.253.0.0/16')
  expect(freeSubnets([], [], 22)[1]).toBe('10.244.4.0/22')
})
