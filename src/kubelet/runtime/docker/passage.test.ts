import { beforeEach, expect, test } from '@jest/globals'
import { newPassage } from './passage.js'

let chains: Record<string, string[]>
/** iptables as far as it is asked. */
const passage = newPassage(use =>
  use(async (program, [, , , command, chain, ...rule]) => {
    if (program === 'ip6tables') throw new Error('there is none')
    const rules = chains[chain!]!
    const line = `-A ${chain} ${rule.join(' ')}`
    if (command === '-I') rules.unshift(line)
    if (command === '-D') rules.splice(rules.indexOf(line), 1)
    return { stdout: [`-N ${chain}`, ...rules, ''].join('\n') }
  }),
)
const [one, other, third] = [
  { bridge: 'br-1', subnet: '10.244.0.0/24' },
  { bridge: 'mk82-x', subnet: '10.244.1.0/24' },
  { bridge: 'mk83-x', subnet: '10.244.2.0/24' },
]
const river = { subnet: '10.244.0.0/20' }

beforeEach(() => {
  chains = {
    'DOCKER-USER': ['-A DOCKER-USER -j RETURN'],
    POSTROUTING: ['-A POSTROUTING -s 10.244.0.0/24 ! -o br-1 -j MASQUERADE'],
  }
})

test('opens a way from each, before what Docker says, once', async () => {
  await passage.open([one, other], river)
  await passage.open([one, other], river)
  expect(chains).toEqual({
    'DOCKER-USER': [
      '-A DOCKER-USER -d 10.244.0.0/20 -i mk82-x -j ACCEPT',
      '-A DOCKER-USER -d 10.244.0.0/20 -i br-1 -j ACCEPT',
      '-A DOCKER-USER -j RETURN',
    ],
    POSTROUTING: [
      '-A POSTROUTING -s 10.244.1.0/24 -d 10.244.0.0/20 ! -o mk82-x -j ACCEPT',
      '-A POSTROUTING -s 10.244.0.0/24 -d 10.244.0.0/20 ! -o br-1 -j ACCEPT',
      '-A POSTROUTING -s 10.244.0.0/24 ! -o br-1 -j MASQUERADE',
    ],
  })
})

test('closes what it opened, and nothing of others', async () => {
  const before = structuredClone(chains)
  await passage.open([one, other, third], river)
  expect(chains['DOCKER-USER']).toHaveLength(4)
  await passage.close([one, other, third])
  await passage.close([one, other, third])
  expect(chains).toEqual(before)
})

test('closes what versions before it opened, between each two', async () => {
  const before = structuredClone(chains)
  chains['DOCKER-USER']!.unshift('-A DOCKER-USER -i br-1 -o mk82-x -j ACCEPT')
  chains.POSTROUTING!.unshift('-A POSTROUTING -s 10.244.0.0/24 -d 10.244.1.0/24 -j ACCEPT')
  await passage.close([one, other])
  expect(chains).toEqual(before)
})

test('says whether it can be had', async () => {
  const without = newPassage(use => use(() => Promise.reject(new Error('no iptables'))))
  expect([await passage.isPossible(), await without.isPossible()]).toEqual([true, false])
})
