/** After a kill between two writes, and on a store that others wrote: what services have is taken, what nobody has is free again. */
import { describe, expect, test } from '@jest/globals'
import { service } from '../../apis/core-v1/service.js'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import { ipAddress } from '../../apis/networking-v1/ip-address.js'
import { serviceCidr } from '../../apis/networking-v1/service-cidr.js'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { newMemoryStorage } from '../../storage/memory/open.js'
import { newObject, scope } from '../fixture.js'
import { newRegistry } from '../registry.js'
import { newAddress } from './address-objects.js'

/** A store that several servers share, or one alone has; each call of `start` is a server of its own. */
function newStore({ isShared, portsInStore = false }: { isShared: boolean; portsInStore?: boolean }) {
  const clock = new FakeClock()
  const memory = Object.assign(newMemoryStorage(clock), isShared && { sync: async () => {} })
  const start = () => {
    const kinds = [service, ipAddress, serviceCidr]
    const services = { subnets: ['10.96.0.0/24'], portsInStore }
    const registry = newRegistry({ kinds, storage: memory, clock, random: new SeededRandom(), services })
    const round = async () => {
      const rounds = await Promise.all(registry.repairs.map(repair => repair.round()))
      return rounds.flatMap(({ findings }) => findings.map(({ regarding, note }) => [regarding?.metadata.name, note]))
    }
    const addresses = async () => {
      await new Promise(resolve => setImmediate(resolve))
      return (await registry.rest(ipAddress).list(undefined, {})).items.map(({ object }) => object.metadata.name)
    }
    const create = async (name: string, spec: Partial<ServiceSpec> = {}) =>
      (await registry.rest(service).create('ns', newService(name, spec), scope)).object.spec as ServiceSpec
    return { registry, round, addresses, create }
  }
  const write = (name: string, spec: Partial<ServiceSpec>) =>
    memory.put(
      `/registry/services/specs/ns/${name}`,
      new TextEncoder().encode(JSON.stringify({ apiVersion: 'v1', kind: 'Service', ...newService(name, spec) })),
    )
  return { clock, memory, start, write }
}

function newService(name: string, spec: Partial<ServiceSpec>): AnyObject {
  const object = newObject(name, {
    metadata: { namespace: 'ns', uid: `uid of ${name}`, creationTimestamp: '2020-01-01T00:00:00Z' },
    spec: { type: 'NodePort', sessionAffinity: 'None', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  })
  service.setDefaults?.(object as unknown as Service)
  return object
}
const stored = (nodePort: number, ip: string): Partial<ServiceSpec> => ({
  ports: [{ port: 80, protocol: 'TCP', nodePort, targetPort: 80 }],
  clusterIP: ip,
  clusterIPs: [ip],
})

describe('on a store of several servers', () => {
  test('what was never entered is entered before anything is given, and told once', async () => {
    const { start, write } = newStore({ isShared: true })
    await write('stock', stored(30080, '10.96.0.20'))
    const server = start()
    await expect(server.create('late', stored(30080, '10.96.0.21'))).rejects.toThrow(
      'provided port is already allocated',
    )
    await expect(server.create('late', { clusterIP: '10.96.0.20' })).rejects.toThrow('already allocated')
    expect(await server.round()).toEqual([
      ['stock', 'Cluster IP [IPv4]: 10.96.0.20 is not allocated; repairing'],
      ['stock', 'Port 30080 is not allocated; repairing'],
    ])
    expect(await server.round()).toEqual([])
  })

  test("an address that is nobody's is free after a minute", async () => {
    const { clock, start } = newStore({ isShared: true })
    const { registry, round, addresses, create } = start()
    await round()
    const dead = newAddress('10.96.0.30', newService('dead', {}), '')
    await registry.rest(ipAddress).create(undefined, dead, scope)
    expect([await round(), await addresses()]).toEqual([[], ['10.96.0.30']])
    expect((await registry.repairs[0]!.round()).lookAgainIn).toBe(60_001)
    await clock.advance(60_001)
    expect(await round()).toEqual([
      ['10.96.0.30', 'IPAddress: 10.96.0.30 for Service ns/dead appears to have leaked: cleaning up'],
    ])
    expect(await addresses()).toEqual([])
    await create('a', stored(30080, '10.96.0.30'))
  })

  test("a port that is nobody's is free after the third look", async () => {
    const { memory, start } = newStore({ isShared: true })
    const record = { kind: 'RangeAllocation', apiVersion: 'v1', range: '30000-32767', data: 'Ag==' }
    await memory.put('/registry/ranges/servicenodeports', new TextEncoder().encode(JSON.stringify(record)))
    const { round, create } = start()
    const taken = () => create('a', stored(30001, '10.96.0.20'))
    await expect(taken()).rejects.toThrow('provided port is already allocated')
    expect([await round(), await round()]).toEqual([[], []])
    await expect(taken()).rejects.toThrow('provided port is already allocated')
    expect(await round()).toEqual([[undefined, 'the node port 30001 appears to have leaked: cleaning up']])
    expect((await taken()).ports?.[0]?.nodePort).toBe(30001)
  })
})

describe('of one server alone', () => {
  test('services are the record of node ports; only conflicts are told, each time', async () => {
    const { start, write } = newStore({ isShared: false })
    await write('a', stored(30080, '10.96.0.20'))
    await write('b', stored(30080, '10.96.0.20'))
    await write('c', stored(8080, '10.97.0.20'))
    const { round } = start()
    const conflicts = [
      ['b', 'Cluster IP [IPv4]:10.96.0.20 was assigned to multiple services; please recreate service'],
      ['c', 'Cluster IP [IPv4]: 10.97.0.20 is not within any configured Service CIDR; please recreate service'],
      ['b', 'Port 30080 was assigned to multiple services; please recreate service'],
      ['c', 'Port 8080 is not within the port range 30000-32767; please recreate service'],
    ]
    await round()
    expect(await round()).toEqual(conflicts)
    expect(await round()).toEqual(conflicts)
  })

  test('node ports that are kept in the store are free again when it is set back', async () => {
    const { memory, start } = newStore({ isShared: false, portsInStore: true })
    const { create } = start()
    await create('first', stored(30080, '10.96.0.20'))
    const checkpoint = memory.checkpoint()
    const taken = () => create('a', stored(30081, '10.96.0.30'))
    await taken()
    await memory.restore(checkpoint)
    await taken()
    await expect(create('b', stored(30080, '10.96.0.31'))).rejects.toThrow('provided port is already allocated')
  })

  test('an address that a kill left behind is free at once', async () => {
    const { start } = newStore({ isShared: false })
    const dead = newAddress('10.96.0.30', newService('dead', {}), '')
    await start().registry.rest(ipAddress).create(undefined, dead, scope)
    expect((await start().create('a', stored(30080, '10.96.0.30'))).clusterIP).toBe('10.96.0.30')
  })
})
