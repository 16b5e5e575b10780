import { beforeEach, expect, test } from '@jest/globals'
import { newPassage } from './passage.js'

let chains: Record<string, string[]>
/** iptables as far as it is asked. */
const passage = newPassage(async (_, [, , , command, chain, ...rule]) => {
  const rules = chains[chain!]!
  const line = `-A ${chain} ${rule.join(' ')}`
  if (command === '-I') rules.unshift(line)
  if (command === '-D') rules.splice(rules.indexOf(line), 1)
  return { stdout: [`-N ${chain}`, ...rules, ''].join('\n') }
})
const [one, other, third] = [
  { bridge: 'br-1', subnet: '10.244.0.0/22' },
  { bridge: 'mk82-x', subnet: '10.244.4.0/22' },
  { bridge: 'mk83-x', subnet: '10.244.8.0/22' },
]

beforeEach(() => {
  chains = { 'DOCKER-USER': ['-A DOCKER-USER -j RETURN'], POSTROUTING: ['-A POSTROUTING -j THEIRS'] }
})

test('opens both ways before what Docker says, each once', async () => {
  await passage.open([one, other])
  await passage.open([one, other])
  expect(chains).toEqual({
    'DOCKER-USER': [
      '-A DOCKER-USER -i mk82-x -o br-1 -j ACCEPT',
      '-A DOCKER-USER -i br-1 -o mk82-x -j ACCEPT',
      '-A DOCKER-USER -j RETURN',
    ],
    POSTROUTING: [
      '-A POSTROUTING -s 10.244.4.0/22 -d 10.244.0.0/22 -j ACCEPT',
      '-A POSTROUTING -s 10.244.0.0/22 -d 10.244.4.0/22 -j ACCEPT',
      '-A POSTROUTING -j THEIRS',
    ],
  })
})

test('closes what it opened, and nothing of others', async () => {
  const before = structuredClone(chains)
  await passage.open([one, other, third])
  expect(chains['DOCKER-USER']).toHaveLength(7)
  await passage.close([one, other, third])
  await passage.close([one, other, third])
  expect(chains).toEqual(before)
})
