import { beforeEach, describe, expect, test } from '@jest/globals'
import { removalScript } from './iptables.js'
import { bucketed, chainPrefix, hashedChain } from './iptables-names.js'
import { IptablesTable } from './iptables-table.js'

const prefix = chainPrefix('0123456789')
const top = `${prefix}top`
const shared = (rule: string) => ({ table: 'nat' as const, chain: `${prefix}all`, rule })
let table: IptablesTable
beforeEach(() => {
  table = new IptablesTable(prefix)
  table.set('frame', { chains: { [top]: { table: 'nat', hook: 'OUTPUT', rules: ['-j RETURN'] } } })
})

describe('chains of iptables', () => {
  test('are made from scratch first', () => {
    expect(table.transaction()).toBe(
      `# from scratch: ${prefix}\n*nat\n:${top} - [0:0]\n-A ${top} -j RETURN\n-I OUTPUT -j ${top}\nCOMMIT\n`,
    )
    expect(table.ruleCount).toBe(2)
  })

  test('are loaded when they changed, and only they', () => {
    table.transaction()
    const chains = { [`${prefix}web`]: { table: 'filter' as const, rules: ['-j DROP'] } }
    table.set('web', { chains })
    expect(table.transaction()).toBe(`*filter\n:${prefix}web - [0:0]\n-A ${prefix}web -j DROP\nCOMMIT\n`)
    table.set('web', { chains })
    expect(table.transaction()).toBe('')
    table.set('web')
    expect(table.transaction()).toBe(`*filter\n:${prefix}web - [0:0]\n-X ${prefix}web\nCOMMIT\n`)
  })

  test('hold what several owners want as long as one of them does', () => {
    table.transaction()
    table.set('a', { shared: [shared('-s 10.0.0.1/32 -j ACCEPT'), shared('-s 10.0.0.9/32 -j ACCEPT')] })
    table.set('b', { shared: [shared('-s 10.0.0.1/32 -j ACCEPT')] })
    expect(table.transaction().match(/^-A/gm)).toHaveLength(2)
    table.set('a')
    expect(table.transaction()).toContain(`:${prefix}all - [0:0]\n-A ${prefix}all -s 10.0.0.1/32 -j ACCEPT\nCOMMIT`)
    table.set('b')
    expect(table.transaction()).toContain(`-X ${prefix}all`)
  })

  test('are all loaded again when nothing is known of them', () => {
    const first = table.transaction()
    table.forget()
    expect(table.transaction()).toBe(first)
  })

  test.each([
    ['IPv4', 'iptables'],
    ['IPv6', 'ip6tables'],
  ] as const)('of %s are taken away by a command of one line: a container is told it so', (family, program) =>
    expect(removalScript(prefix, family)).toMatch(new RegExp(`^${program}-save .* ${program}-restore -w --noflush$`)),
  )

  test('have names that the kernel takes', () => {
    expect(hashedChain(prefix, 'any text')).toMatch(/^mk8s-0123456789-[0-9a-f]{12}$/)
    const [lead, rule] = bucketed({ table: 'nat', chain: `${prefix}services`, side: '-d' }, '10.96.3.7', '-j ACCEPT')
    expect(lead).toMatchObject({ chain: `${prefix}services`, rule: `-d 10.96.3.0/24 -g ${rule?.chain}` })
    expect(rule?.chain).toHaveLength(28)
    expect(rule?.rule).toBe('-d 10.96.3.7/32 -j ACCEPT')
  })

  test('are found by the first 15 of 16 bytes of IPv6 addresses', () => {
    const place = { table: 'nat' as const, chain: `${prefix}services`, side: '-d' as const }
    const rulesOf = (ip: string) => bucketed(place, ip, '')
    const [lead, rule] = rulesOf('fd00:96::7')
    expect(lead?.rule).toBe(`-d fd00:96::/120 -g ${rule?.chain}`)
    expect(rule?.rule).toBe('-d fd00:96::7/128 ')
    expect(rulesOf('fd00:96::ff')[0]).toEqual(lead)
    expect(rulesOf('fd00:96::107')[0]?.rule).toContain('-d fd00:96::100/120 ')
  })
})
