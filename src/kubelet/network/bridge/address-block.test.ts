import { describe, expect, test } from '@jest/globals'
import { AddressBlock } from './address-block.js'

describe('AddressBlock', () => {
  test('gives addresses in order, those given back last', () => {
    const block = new AddressBlock('10.244.0.0/29')
    const all = Array.from({ length: 5 }, () => block.take())
    expect(all).toEqual(['10.244.0.2', '10.244.0.3', '10.244.0.4', '10.244.0.5', '10.244.0.6'])
    expect(block.take()).toBeUndefined()
    block.giveBack('10.244.0.4')
    expect(block.take()).toBe('10.244.0.4')
  })

  test('gives no address that is in use', () => {
    const block = new AddressBlock('10.244.0.0/29')
    block.keep('10.244.0.2')
    expect(block.take()).toBe('10.244.0.3')
  })

  test('puts 509 pods on a bridge', () => {
    const block = new AddressBlock('10.244.16.0/20')
    const byPart = new Map<number, number>()
    for (let address = block.take(); address; address = block.take()) {
      const { index } = block.partOf(address)
      byPart.set(index, (byPart.get(index) ?? 0) + 1)
    }
    expect([...byPart]).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(index => [index, 509]))
    expect(block.parts[1]).toEqual({ index: 1, subnet: '10.244.18.0/23', gateway: '10.244.18.1', prefix: 23 })
    expect(block.partOf('10.244.18.9').index).toBe(1)
  })

  test('gives the pods of a node addresses of its network, on bridges that no other node has pods on', () => {
    const block = new AddressBlock('10.244.0.0/20', 25)
    expect([block.take('10.244.0.128/25'), block.take('10.244.0.128/25'), block.take('10.244.0.0/25')]).toEqual([
      '10.244.0.130',
      '10.244.0.131',
      '10.244.0.2',
    ])
    expect(block.partOf('10.244.0.131')).toMatchObject({ index: 1, gateway: '10.244.0.129', prefix: 25 })
    for (let i = 0; i < 123; i++) expect(block.take('10.244.0.128/25')).toBeDefined()
    expect(block.take('10.244.0.128/25')).toBeUndefined()
    block.giveBack('10.244.0.200')
    expect(block.take('10.244.0.128/25')).toBe('10.244.0.200')
  })

  test.each([
    ['10.244.16.0/23', '10.244.16.0/20'],
    ['10.244.18.0/23', undefined],
    ['10.244.16.0/16', undefined],
    ['172.18.0.0/16', undefined],
    ['', undefined],
  ])('the block around %s is %s', (subnet, block) => {
    expect(AddressBlock.around(subnet)?.subnet).toBe(block)
  })
})
