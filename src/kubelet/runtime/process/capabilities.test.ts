import { expect, test } from '@jest/globals'
import type { SecurityOptions } from '../types.js'
import { capabilitiesOf } from './capabilities.js'

const security = (over: Partial<SecurityOptions>) =>
  ({ privileged: false, addCapabilities: [], dropCapabilities: [], ...over }) as SecurityOptions
const every = (1n << 41n) - 1n
const bits = (...numbers: number[]) => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n)
const usual = bits(0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)

test.each([
  { name: 'the usual ones', over: {}, held: every, gets: usual },
  { name: 'all, to the privileged', over: { privileged: true }, held: every, gets: every },
  { name: 'one more', over: { addCapabilities: ['NET_ADMIN'] }, held: every, gets: usual | bits(12) },
  { name: 'one less', over: { dropCapabilities: ['CHOWN'] }, held: every, gets: usual & ~bits(0) },
  { name: 'only one', over: { dropCapabilities: ['ALL'], addCapabilities: ['KILL'] }, held: every, gets: bits(5) },
  { name: 'all, by name', over: { addCapabilities: ['ALL'] }, held: every, gets: every },
  { name: 'no more than are held', over: { addCapabilities: ['ALL'] }, held: bits(0, 5), gets: bits(0, 5) },
])('$name', ({ over, held, gets }) => expect(capabilitiesOf(security(over), { held })).toBe(gets))

test('what cannot be kept in bounds is not among the usual ones', () => {
  expect(capabilitiesOf(security({}), { held: every, withheld: ['MKNOD'] })).toBe(usual & ~bits(27))
})
