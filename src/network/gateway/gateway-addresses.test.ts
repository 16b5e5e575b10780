import { describe, expect, test } from '@jest/globals'
import { type AddressWorld, planAddresses } from './gateway-addresses.js'
import type { Gateway } from './gateway-kinds.js'

const world: AddressWorld = {
  shared: '127.0.0.1',
  range: '127.64.7.0/24',
  isUsable: address => address.startsWith('127.') || address === '192.168.0.5',
}
type Asked = NonNullable<Gateway['spec']['addresses']>

interface Given {
  asked?: Asked
  had?: string
}
/** Named a, b, c in the order in which they came. */
const gateways = (...given: Given[]): Gateway[] =>
  given.map(({ asked, had }, i) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace: 'x', name: 'abc'[i]!, creationTimestamp: `2026-01-0${i + 1}T00:00:00Z` },
    spec: { gatewayClassName: 'minik8s', listeners: [], ...(asked && { addresses: asked }) },
    ...(had && { status: { addresses: [{ type: 'IPAddress', value: had }] } }),
  }))
const planned = (all: Gateway[], where = world) => {
  const found = planAddresses(all, where)
  return all.map(gateway => {
    const { addresses, refused, lacking } = found.get(gateway)!
    return [...addresses, refused?.reason, lacking?.reason].filter(Boolean).join(' ')
  })
}
const ip = (value: string) => [{ type: 'IPAddress', value }]

describe('addresses of Gateways', () => {
  test.each<[string, Given[], string[]]>([
    ['the first has that of Ingresses', [{}], ['127.0.0.1']],
    ['the next have their own', [{}, {}, {}], ['127.0.0.1', '127.64.7.1', '127.64.7.2']],
    ['whoever has one keeps it', [{}, { had: '127.0.0.1' }], ['127.64.7.1', '127.0.0.1']],
    [
      'of two that have one, the older keeps it',
      [{ had: '127.0.0.1' }, { had: '127.0.0.1' }],
      ['127.0.0.1', '127.64.7.1'],
    ],
    ['another moves up for nobody', [{ had: '127.64.7.2' }], ['127.64.7.2']],
    ['one of another cluster is not kept', [{ had: '127.99.0.1' }], ['127.0.0.1']],
    ['what is asked for', [{ asked: ip('192.168.0.5') }, {}], ['192.168.0.5', '127.0.0.1']],
    ['the type may go unsaid', [{ asked: [{ value: '127.1.2.3' }] }], ['127.1.2.3']],
    ['several', [{ asked: [...ip('127.1.2.3'), ...ip('192.168.0.5')] }], ['127.1.2.3 192.168.0.5']],
    ['any of a type', [{}, { asked: [{ type: 'IPAddress' }] }], ['127.0.0.1', '127.64.7.1']],
    ['one of elsewhere', [{ asked: ip('8.8.8.8') }], ['AddressNotUsable']],
    ['one that is none', [{ asked: ip('localhost') }], ['AddressNotUsable']],
    ['one that another has', [{ had: '127.0.0.1' }, { asked: ip('127.0.0.1') }], ['127.0.0.1', 'AddressNotUsable']],
    ['some of them', [{ asked: [...ip('8.8.8.8'), ...ip('127.1.2.3')] }], ['127.1.2.3 AddressNotUsable']],
    ['names', [{ asked: [{ type: 'Hostname', value: 'a.test' }, ...ip('127.1.2.3')] }], ['UnsupportedAddress']],
  ])('%s', (_, given, expected) => {
    expect(planned(gateways(...given))).toEqual(expected)
  })

  test('where the machine has one address, all share it', () => {
    const { range: _, ...alone } = world
    expect(planned(gateways({}, {}, { asked: ip('127.0.0.1') }), alone)).toEqual(Array(3).fill('127.0.0.1'))
  })

  test('when the range is used up, the next gets none', () => {
    const small = { ...world, shared: '127.64.7.1' }
    const all = Array.from({ length: 255 }, (_, i) => ({ ...gateways({})[0]!, metadata: { name: `g${i}` } }))
    expect(planned(all, small)).toContain('AddressNotAssigned')
    expect(new Set(planned(all, small)).size).toBe(255)
  })
})
