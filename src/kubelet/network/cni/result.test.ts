import { expect, test } from '@jest/globals'
import { addressesOf, failureOf, parseResult } from './result.js'

const call = { plugin: 'bridge', command: 'ADD' }

test.each([
  [{ cniVersion: '1.0.0', ips: [{ address: '10.1.0.5/24', gateway: '10.1.0.1' }] }, ['10.1.0.5']],
  [
    { ips: [{ address: 'fd00::5/64' }, { address: '10.1.0.5/24' }, { address: '10.1.0.6/24' }] },
    ['10.1.0.5', 'fd00::5'],
  ],
  [{ cniVersion: '0.2.0', ip4: { ip: '10.1.0.5/24' }, ip6: { ip: 'fd00::5/64' } }, ['10.1.0.5', 'fd00::5']],
  [{ ips: [{}, null] }, []],
  [{}, []],
])('addresses of %j are %j', (result, addresses) => {
  expect(addressesOf(result)).toEqual(addresses)
})

test.each([
  ['{"code":7,"msg":"no bridge","details":"br0"}', '', 'no bridge: br0 (invalid network configuration)'],
  ['{"code":110,"msg":"own"}', '', 'own (code 110)'],
  ['', 'panic\n', 'panic'],
  ['not JSON', '', 'not JSON'],
  ['', '', 'it failed without a word'],
])('a failure with %j and %j on standard error says %j', (stdout, stderr, said) => {
  expect(failureOf(call, { stdout, stderr }).message).toBe(`CNI plugin bridge failed to ADD: ${said}`)
})

test('parseResult wants an object', () => {
  expect(parseResult(call, '{"ips":[]}')).toEqual({ ips: [] })
  expect(() => parseResult(call, '[]')).toThrow('CNI plugin bridge answered ADD with no result: []')
})
