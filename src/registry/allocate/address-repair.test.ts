import { describe, expect, test } from '@jest/globals'
import type { AnyObject } from '../../machinery/object-meta.js'
import { newObject } from '../fixture.js'
import { newAddress } from './address-objects.js'
import { type AddressState, planAddressRepair } from './address-repair.js'

const now = Date.parse('2030-01-01T00:10:00Z')
const old = '2030-01-01T00:00:00Z'
/** Of an age in seconds. */
const at = (seconds: number) => new Date(now - 1000 * seconds).toISOString()
const newService = (name: string, ...clusterIPs: string[]): AnyObject =>
  newObject(name, {
    metadata: { namespace: 'shop', creationTimestamp: old },
    spec: { type: 'ClusterIP', clusterIP: clusterIPs[0], clusterIPs },
  })
/** The address of a service, as the allocator writes it. */
function addressOf(
  ip: string,
  service: string,
  { created = old, ...spoilt }: Record<string, unknown> & { created?: string } = {},
) {
  const address = newAddress(ip, { metadata: { namespace: 'shop', name: service } }, old)
  return {
    ...address,
    ...spoilt,
    metadata: { ...address.metadata, creationTimestamp: created, ...(spoilt.metadata as object) },
  }
}

function planned(services: AnyObject[], addresses: AnyObject[], rest: Partial<AddressState> = {}) {
  const { findings, assign, remove, lookAgainIn } = planAddressRepair({
    services,
    addresses: new Map(addresses.map(address => [address.metadata.name ?? '', address])),
    isInRange: ip => ip.startsWith('10.96.') || ip.startsWith('fd00:'),
    isQuiet: false,
    now,
    ...rest,
  })
  return {
    told: findings.map(({ regarding, reason, note }) => `${regarding?.metadata.name} ${reason}: ${note}`),
    assign: [...assign].map(([ip, { metadata }]) => `${ip} to ${metadata.name}`),
    remove,
    lookAgainIn,
  }
}
const nothing = { told: [], assign: [], remove: [], lookAgainIn: undefined }

describe('addresses of services', () => {
  test('that agree are left alone', () =>
    expect(
      planned([newService('a', '10.96.0.1', 'fd00::1')], [addressOf('10.96.0.1', 'a'), addressOf('fd00::1', 'a')]),
    ).toEqual(nothing))

  test('services without addresses, and addresses of users, do not matter', () => {
    const headless = newService('a', 'None')
    const users = { ...addressOf('10.96.0.9', 'x'), metadata: { name: '10.96.0.9' } }
    expect(planned([headless], [users])).toEqual(nothing)
  })

  test.each<[string, AnyObject[], AnyObject[], string[], string[]]>([
    [
      'never entered',
      [newService('a', 'fd00::1')],
      [],
      ['a ClusterIPNotAllocated: Cluster IP [IPv6]: fd00::1 is not allocated; repairing'],
      ['fd00::1 to a'],
    ],
    [
      'of something else',
      [newService('a', '10.96.0.1')],
      [addressOf('10.96.0.1', 'a', { spec: { parentRef: { group: 'x.io', resource: 'gateways', name: 'g' } } })],
      ['a ClusterIPNotAllocated: the ClusterIP [IPv4]: 10.96.0.1 for Service shop/a has a wrong reference; repairing'],
      ['10.96.0.1 to a'],
    ],
    [
      'of a service that is gone',
      [newService('a', '10.96.0.1')],
      [addressOf('10.96.0.1', 'gone')],
      ['a ClusterIPNotAllocated: the ClusterIP [IPv4]: 10.96.0.1 for Service shop/a has a wrong reference; repairing'],
      ['10.96.0.1 to a'],
    ],
    [
      'of two services',
      [newService('a', '10.96.0.1'), newService('b', '10.96.0.1')],
      [addressOf('10.96.0.1', 'a')],
      [
        'b ClusterIPAlreadyAllocated: Cluster IP [IPv4]:10.96.0.1 was assigned to multiple services; please recreate service',
      ],
      [],
    ],
    [
      'of no range',
      [newService('a', '192.0.2.1')],
      [],
      [
        'a ClusterIPOutOfRange: Cluster IP [IPv4]: 192.0.2.1 is not within any configured Service CIDR; please recreate service',
      ],
      [],
    ],
    [
      'that are none',
      [newService('a', 'x')],
      [],
      ['a ClusterIPNotValid: Cluster IP <nil> is not a valid IP; please recreate Service'],
      [],
    ],
    [
      'whose labels somebody took off',
      [newService('a', '10.96.0.1')],
      [addressOf('10.96.0.1', 'a', { metadata: { labels: {} } })],
      [],
      ['10.96.0.1 to a'],
    ],
  ])('%s', (_, services, addresses, told, assign) =>
    expect(planned(services, addresses)).toEqual({ ...nothing, told, assign }),
  )
})

describe('addresses without a service', () => {
  const leaked =
    '10.96.0.7 IPAddressNotAllocated: IPAddress: 10.96.0.7 for Service shop/gone appears to have leaked: cleaning up'

  test('are taken away after a minute', () => {
    const ofAge = (seconds: number) => planned([], [addressOf('10.96.0.7', 'gone', { created: at(seconds) })])
    expect(ofAge(20)).toEqual({ ...nothing, lookAgainIn: 40_001 })
    expect(ofAge(61)).toEqual({ ...nothing, told: [leaked], remove: ['10.96.0.7'] })
  })

  test('go at once where nobody can be creating one', () =>
    expect(planned([], [addressOf('10.96.0.7', 'gone', { created: at(1) })], { isQuiet: true })).toEqual({
      ...nothing,
      told: [leaked],
      remove: ['10.96.0.7'],
    }))

  test('that somebody gave to something else go', () =>
    expect(
      planned([], [addressOf('10.96.0.7', 'x', { spec: { parentRef: { resource: 'things', name: 'mine' } } })]),
    ).toEqual({
      ...nothing,
      told: [
        '10.96.0.7 IPAddressNotAllocated: IPAddress 10.96.0.7 appears to have been modified, not referencing a Service &ParentReference{Group:,Resource:things,Namespace:,Name:mine,}: cleaning up',
      ],
      remove: ['10.96.0.7'],
    }))

  test('which their service does not have go, but not while it may be getting it', () => {
    const services = [newService('a', '10.96.0.1')]
    const ofAge = (seconds: number) =>
      planned(services, [addressOf('10.96.0.1', 'a'), addressOf('10.96.0.7', 'a', { created: at(seconds) })])
    expect(ofAge(2)).toEqual({ ...nothing, lookAgainIn: 5_000 })
    expect(ofAge(6)).toEqual({
      ...nothing,
      told: [
        '10.96.0.7 IPAddressWrongReference: IPAddress: 10.96.0.7 for Service shop/a has a wrong reference; cleaning up',
      ],
      remove: ['10.96.0.7'],
    })
  })
})
