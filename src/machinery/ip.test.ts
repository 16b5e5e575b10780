import { describe, expect, test } from '@jest/globals'
import {
  cidrContains,
  formatCidr,
  formatIp,
  isGlobalUnicast,
  isValidCidr,
  isValidCidrForLegacyField,
  isValidIp,
  isValidIpForLegacyField,
  parseCidr,
  parseIp,
} from './ip.js'

describe('addresses', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['010.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['fe80::1.2.3.4', 'fe80::102:304'],
  ])('%s is %s', (text, canonical) => expect(formatIp(parseIp(text)!)).toBe(canonical))

  test.each(['', '10.0.0', '10.0.0.256', '1.2.3.4.5', '1::2::3', ':1', '1:2', 'fe80::1%eth0', '12345::', 'x'])(
    '%j is none',
    text => expect(parseIp(text)).toBeUndefined(),
  )

  test.each([
    ['10.9.8.7', []],
    ['x', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
    ['010.0.0.1', ['must not have leading 0s']],
    ['::ffff:1.2.3.4', ['must not be an IPv4-mapped IPv6 address']],
    ['2001:DB8::1', ['must be in canonical form ("2001:db8::1")']],
  ])('strictly, %s: %j', (text, errors) => expect(isValidIp(text)).toEqual(errors))

  test('old fields take leading zeros', () => expect(isValidIpForLegacyField('010.0.0.1')).toEqual([]))
})

describe('addresses that may be reached through the server', () => {
  test.each(['10.0.0.5', '172.17.0.2', '8.8.8.8', 'fd00::1', '2001:db8::1', '::ffff:10.0.0.5'])('%s', text =>
    expect(isGlobalUnicast(parseIp(text)!)).toBe(true),
  )
  test.each([
    '0.0.0.0',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'ff02::1',
    '::ffff:127.0.0.1',
  ])('not %s', text => expect(isGlobalUnicast(parseIp(text)!)).toBe(false))
})

describe('CIDRs', () => {
  test.each([
    ['10.0.0.0/8', []],
    ['10.0.0.1/8', ['must not have bits set beyond the prefix length']],
    ['10.0.0.0/08', ['must not have leading 0s in IP or prefix length']],
    ['10.0.0.0/33', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
    ['10.0.0.0', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
    ['2001:db8::0/64', ['must be in canonical form ("2001:db8::/64")']],
  ])('strictly, %s: %j', (text, errors) => expect(isValidCidr(text)).toEqual(errors))

  test('networks', () => {
    expect(isValidCidrForLegacyField('10.1.2.3/8')).toEqual([])
    const cidr = parseCidr('10.1.2.3/12')!
    expect(formatCidr(cidr)).toBe('10.0.0.0/12')
    expect(cidrContains(cidr, parseIp('10.15.255.255')!)).toBe(true)
    expect(cidrContains(cidr, parseIp('10.16.0.0')!)).toBe(false)
    expect(cidrContains(cidr, parseIp('::')!)).toBe(false)
  })
})
