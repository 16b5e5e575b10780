import { beforeEach, describe, expect, test } from '@jest/globals'
import { NftTable } from './nft-table.js'

let table: NftTable
beforeEach(() => {
  table = new NftTable('t')
  table.set('frame', { sets: { ips: 'map { type ipv4_addr : verdict; }' }, chains: { top: { rules: ['vmap @ips'] } } })
  table.transaction()
})

const part = (value: string, rules = ['accept']) => ({
  chains: { [value]: { rules } },
  elements: [{ set: 'ips', key: '10.0.0.1', value: `goto ${value}` }],
})
const guard = 'delete element ip t guard { 1 }\nadd element ip t guard { 1 }\n'
/** The transaction, without its guard. */
const change = () => table.transaction().replace(guard, '')

describe('a table of the packet filter', () => {
  test('is made from scratch first, what is referred to before what refers to it', () => {
    const fresh = new NftTable('t')
    fresh.set('frame', {
      sets: { ips: 'map { type ipv4_addr : verdict; }' },
      chains: { top: { hook: 'type nat hook output priority -100;', rules: ['ip daddr vmap @ips'] } },
      elements: [{ set: 'ips', key: '10.0.0.1', value: 'goto top' }],
    })
    expect(fresh.transaction()).toBe(`table ip t {}
delete table ip t
table ip t {
  set guard { type mark; elements = { 1 } }
}
table ip t {
  map ips { type ipv4_addr : verdict; }
  chain top { type nat hook output priority -100; }
}
table ip t {
  chain top {
    ip daddr vmap @ips
  }
}
add element ip t ips { 10.0.0.1 : goto top }
`)
  })

  test('nothing is loaded when nothing changed', () => {
    table.set('a', part('a'))
    table.transaction()
    table.set('a', part('a'))
    expect(table.transaction()).toBe('')
  })

  test('a part that goes takes its chains along after its elements', () => {
    table.set('a', part('a'))
    table.transaction()
    table.set('a')
    expect(change()).toBe('delete element ip t ips { 10.0.0.1 : goto a }\nflush chain ip t a\ndelete chain ip t a\n')
  })

  test('a chain whose rules change is flushed and filled', () => {
    table.set('a', part('a'))
    table.transaction()
    table.set('a', part('a', ['drop']))
    expect(change()).toBe('flush chain ip t a\ntable ip t {\n  chain a {\n    drop\n  }\n}\n')
  })

  test('of two that want one element the first by name has its way, then the other', () => {
    table.set('b', part('b'))
    table.transaction()
    table.set('a', part('a'))
    expect(change()).toContain(
      'delete element ip t ips { 10.0.0.1 : goto b }\nadd element ip t ips { 10.0.0.1 : goto a }\n',
    )
    table.set('a')
    expect(change()).toContain('add element ip t ips { 10.0.0.1 : goto b }\n')
  })

  test('changes fail where the table is gone, rather than make one without the rest', () => {
    table.set('a', part('a'))
    expect(table.transaction().startsWith(guard)).toBe(true)
  })

  test('what was forgotten is loaded whole', () => {
    table.set('a', part('a'))
    table.transaction()
    table.forget()
    const text = table.transaction()
    expect(text).toContain('delete table ip t\n')
    expect(text).toContain('chain top')
    expect(text).toContain('10.0.0.1 : goto a')
  })
})
