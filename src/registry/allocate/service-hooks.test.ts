/** Cluster IPs and node ports of services, through the whole store. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { endpoints } from '../../apis/core-v1/endpoints.js'
import { service } from '../../apis/core-v1/service.js'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import { ipAddress } from '../../apis/networking-v1/ip-address.js'
import { serviceCidr } from '../../apis/networking-v1/service-cidr.js'
import { SeededRandom } from '../../machinery/fake-clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { StatusError } from '../../machinery/status-error.js'
import { dryRun, type Fixture, newFixture, newObject, scope } from '../fixture.js'
import { newRegistry, type RegistryOptions } from '../registry.js'
import type { Rest } from '../rest.js'

const kinds = [service, endpoints, ipAddress, serviceCidr]
const open = (services: RegistryOptions['services']) => newFixture(kinds, { services })
let fixture: Fixture
let rest: Rest
beforeEach(() => {
  fixture = open({ subnets: ['10.96.0.0/24'] })
  rest = fixture.registry.rest(service)
})

const newService = (name: string, spec: Partial<ServiceSpec> = {}): AnyObject => {
  const object = newObject(name, { spec: { ports: [{ port: 80 }], ...spec } })
  service.setDefaults?.(object as unknown as Service)
  const defaulted = object.spec as ServiceSpec
  defaulted.type ??= 'ClusterIP'
  defaulted.sessionAffinity ??= 'None'
  for (const port of defaulted.ports ?? []) port.protocol ??= 'TCP'
  return object
}
const specOf = (object: AnyObject) => object.spec as ServiceSpec
const create = async (name: string, spec: Partial<ServiceSpec> = {}, writeScope = scope) =>
  specOf((await rest.create('ns', newService(name, spec), writeScope)).object)
const change = async (name: string, edit: (spec: ServiceSpec) => void, writeScope = scope) => {
  const transform = (current: AnyObject | undefined) => {
    edit(specOf(current!))
    return current!
  }
  return specOf((await rest.update({ name, namespace: 'ns' }, transform, writeScope)).stored.object)
}
const remove = (name: string) => rest.delete({ name, namespace: 'ns' }, {}, scope)
const failure = (promise: Promise<unknown>): Promise<StatusError> =>
  promise.then(
    () => undefined as never,
    e => e,
  )

describe('cluster IPs', () => {
  test('are found in the subnet, with the linked fields', async () => {
    const spec = await create('a')
    expect(spec).toMatchObject({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', clusterIPs: [spec.clusterIP] })
    expect(spec.clusterIP).toMatch(/^10\.96\.0\.\d+$/)
    expect(specOf((await rest.get({ name: 'a', namespace: 'ns' })).object).clusterIP).toBe(spec.clusterIP)
  })

  test('are unique until the range is full, and free again after deletion', async () => {
    const ips = new Set<string>()
    for (let n = 0; n < 254; n++) ips.add((await create(`s${n}`)).clusterIP!)
    expect(ips.size).toBe(254)
    const error = await failure(create('more'))
    expect([error.code, error.message]).toEqual([
      500,
      'Internal error occurred: failed to allocate a serviceIP: range is full',
    ])
    await remove('s7')
    await create('more')
  })

  test('leave the lower part to those who ask by name', async () => {
    for (let n = 0; n < 100; n++) expect(Number((await create(`s${n}`)).clusterIP!.split('.')[3])).toBeGreaterThan(16)
  })

  test.each([
    { name: 'taken', ip: '10.96.0.10', why: 'provided IP is already allocated' },
    { name: 'outside of the range', ip: '10.97.0.1', why: 'the provided network does not match the current range' },
    {
      name: 'the network itself',
      ip: '10.96.0.0',
      why: 'the provided IP (10.96.0.0) is not in the valid range. The range of valid IPs is 10.96.0.0/24',
    },
  ])('asked for by name and $name: 422', async ({ ip, why }) => {
    expect((await create('a', { clusterIP: '10.96.0.10' })).clusterIP).toBe('10.96.0.10')
    const error = await failure(create('b', { clusterIP: ip }))
    expect([error.code, error.message]).toEqual([
      422,
      `Service "b" is invalid: spec.clusterIPs: Invalid value: ["${ip}"]: failed to allocate IP ${ip}: ${why}`,
    ])
  })

  test.each([
    {
      name: 'headless',
      spec: { clusterIP: 'None', selector: { a: 'b' } },
      expected: { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    },
    {
      name: 'headless without a selector',
      spec: { clusterIP: 'None' },
      expected: { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
    },
  ])('$name: none', async ({ spec, expected }) => {
    expect(await create('a', spec)).toMatchObject(expected)
  })

  test('ExternalName: nothing at all', async () => {
    const spec = await create('a', { type: 'ExternalName', externalName: 'example.com' })
    expect([spec.clusterIP, spec.clusterIPs, spec.ipFamilies]).toEqual([undefined, undefined, undefined])
  })

  test('are given back when the creation fails', async () => {
    const refuse = () => {
      throw new Error('no')
    }
    const wish = { clusterIP: '10.96.0.20', type: 'NodePort', ports: [{ port: 80, nodePort: 30100 }] }
    await failure(create('a', wish, { ...scope, admit: refuse }))
    expect((await create('b', wish)).clusterIP).toBe('10.96.0.20')
    await failure(create('b', { clusterIP: '10.96.0.21' }))
    await create('c', { clusterIP: '10.96.0.21' })
  })

  test('a dry run takes nothing', async () => {
    expect((await create('a', {}, dryRun)).clusterIP).toBe('10.96.0.0')
    await create('b', { clusterIP: '10.96.0.30' }, dryRun)
    await create('c', { clusterIP: '10.96.0.30' })
  })

  test('are kept by a client that does not send them back', async () => {
    const { clusterIP } = await create('a')
    const spec = await change('a', s => {
      delete s.clusterIP
      delete s.clusterIPs
    })
    expect(spec.clusterIP).toBe(clusterIP)
  })

  test('are given up by a change to ExternalName, and found anew by the way back', async () => {
    const { clusterIP } = await create('a')
    await change('a', s => Object.assign(s, { type: 'ExternalName', externalName: 'example.com' }))
    expect((await create('b', { clusterIP })).clusterIP).toBe(clusterIP)
    const spec = await change('a', s => {
      Object.assign(s, { type: 'ClusterIP', internalTrafficPolicy: 'Cluster' })
      delete s.externalName
    })
    expect(spec.clusterIP).not.toBe(clusterIP)
  })

  test('of stored services are known to a server that starts anew', async () => {
    const { clusterIP } = await create('a', { type: 'NodePort' })
    const { clock, storage } = fixture
    const again = newRegistry({
      kinds,
      storage,
      clock,
      random: new SeededRandom(),
      services: { subnets: ['10.96.0.0/24'] },
    })
    const error = await failure(again.rest(service).create('ns', newService('b', { clusterIP }), scope))
    expect(error.message).toContain('already allocated')
  })
})

describe('two families', () => {
  beforeEach(() => {
    fixture = open({ subnets: ['10.96.0.0/24', 'fd00::/112'] })
    rest = fixture.registry.rest(service)
  })

  test('are given where preferred, and one is given up when a single one is asked for', async () => {
    const spec = await create('a', { ipFamilyPolicy: 'PreferDualStack' })
    expect([spec.ipFamilies, spec.clusterIPs]).toEqual([
      ['IPv4', 'IPv6'],
      [expect.stringMatching(/^10\.96\.0\./), expect.stringMatching(/^fd00::/)],
    ])
    const single = await change('a', s => {
      s.ipFamilyPolicy = 'SingleStack'
    })
    expect([single.ipFamilies, single.clusterIPs]).toEqual([['IPv4'], [spec.clusterIP]])
    await create('b', { clusterIP: spec.clusterIPs![1], ipFamilies: ['IPv6'] })
  })

  test('the second is added on demand', async () => {
    const { clusterIP } = await create('a')
    const spec = await change('a', s => {
      s.ipFamilyPolicy = 'RequireDualStack'
    })
    expect(spec.clusterIPs).toEqual([clusterIP, expect.stringMatching(/^fd00::/)])
  })

  test('are refused where the cluster has one', async () => {
    fixture = open({ subnets: ['10.96.0.0/24'] })
    rest = fixture.registry.rest(service)
    const error = await failure(create('a', { ipFamilyPolicy: 'RequireDualStack' }))
    expect(error.message).toBe(
      'Service "a" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    )
  })
})

describe('node ports', () => {
  test('are found for each port, one for a port in two protocols', async () => {
    const ports = [
      { name: 'a', port: 53, protocol: 'TCP' },
      { name: 'b', port: 53, protocol: 'UDP' },
      { name: 'c', port: 80, protocol: 'TCP' },
    ]
    const [a, b, c] = (await create('a', { type: 'NodePort', ports })).ports!.map(p => p.nodePort!)
    expect([a === b, a !== c, c! >= 30000 && c! <= 32767]).toEqual([true, true, true])
  })

  test.each([
    { name: 'taken', port: 30080, why: 'provided port is already allocated' },
    {
      name: 'outside of the range',
      port: 80,
      why: 'provided port is not in the valid range. The range of valid ports is 30000-32767',
    },
  ])('asked for by number and $name: 422', async ({ port, why }) => {
    await create('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })
    const error = await failure(create('b', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] }))
    expect([error.code, error.message]).toEqual([
      422,
      `Service "b" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: ${why}`,
    ])
  })

  test('are given up by a change of type, a change of port, and a deletion', async () => {
    const wish = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }
    await create('a', wish)
    await change('a', s => {
      s.ports![0]!.nodePort = 30081
    })
    await create('b', wish)
    await change('b', s => {
      s.type = 'ClusterIP'
      for (const port of s.ports!) delete port.nodePort
    })
    await create('c', wish)
    await remove('c')
    await create('d', wish)
    expect((await failure(create('e', { type: 'NodePort', ports: [{ port: 80, nodePort: 30081 }] }))).code).toBe(422)
  })

  test('a load balancer for local traffic gets one for its health check', async () => {
    const spec = await create('a', {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      allocateLoadBalancerNodePorts: true,
    })
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30000)
    expect(spec.healthCheckNodePort).not.toBe(spec.ports![0]!.nodePort)
  })

  test('a dry run shows one and takes none', async () => {
    expect((await create('a', { type: 'NodePort' }, dryRun)).ports![0]!.nodePort).toBe(32769)
  })
})

test('the Endpoints of a deleted service go with it', async () => {
  const ends = fixture.registry.rest(endpoints)
  await create('a')
  await ends.create('ns', newObject('a'), scope)
  await remove('a')
  expect((await failure(ends.get({ name: 'a', namespace: 'ns' }))).code).toBe(404)
})

test('each cluster IP has an IPAddress that tells whose it is', async () => {
  const shown = async () => {
    await new Promise(resolve => setImmediate(resolve))
    const { items } = await fixture.registry.rest(ipAddress).list(undefined, {})
    return items.map(({ object: { metadata, spec } }) => ({ name: metadata.name, labels: metadata.labels, spec }))
  }
  await create('dry', {}, dryRun)
  const { clusterIP } = await create('a')
  expect(await shown()).toEqual([
    {
      name: clusterIP,
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
      spec: { parentRef: { resource: 'services', namespace: 'ns', name: 'a' } },
    },
  ])
  await remove('a')
  expect(await shown()).toEqual([])
})

describe('objects of users', () => {
  const typed = (kind: string) => ({ kind, apiVersion: 'networking.k8s.io/v1' })

  test('an IPAddress takes its address', async () => {
    const parentRef = { resource: 'things', name: 'mine' }
    const taken = { ...typed('IPAddress'), metadata: { name: '10.96.0.77' }, spec: { parentRef } }
    await fixture.registry.rest(ipAddress).create(undefined, taken, scope)
    const error = await failure(create('a', { clusterIP: '10.96.0.77' }))
    expect(error.message).toContain('failed to allocate IP 10.96.0.77: provided IP is already allocated')
  })

  test('a ServiceCIDR widens what there is', async () => {
    const ranges = fixture.registry.rest(serviceCidr)
    for (const [name, cidr] of [
      ['kubernetes', '10.96.0.0/24'],
      ['more', '10.97.0.0/24'],
    ] as const)
      await ranges.create(undefined, { ...typed('ServiceCIDR'), metadata: { name }, spec: { cidrs: [cidr] } }, scope)
    expect((await create('a', { clusterIP: '10.97.0.5' })).clusterIP).toBe('10.97.0.5')
    await ranges.delete({ name: 'more' }, {}, scope)
    expect((await failure(create('b', { clusterIP: '10.97.0.6' }))).message).toContain(
      'does not match the current range',
    )
  })
})
