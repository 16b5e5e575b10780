import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../apis/generated/core-v1.js'
import { SeededRandom } from '../../machinery/fake-clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { newObject } from '../fixture.js'
import { PortRange } from './port-range.js'
import { claimedPorts, type LeakedPorts, mendPorts } from './port-repair.js'

const newService = (name: string, ...nodePorts: number[]): AnyObject =>
  newObject(name, { spec: { ports: nodePorts.map(nodePort => ({ port: 80, protocol: 'TCP', nodePort })) } })
const newRange = (...taken: number[]): PortRange => {
  const range = new PortRange([30000, 32767], new SeededRandom())
  range.restore(taken)
  return range
}
const notes = (ports: PortRange, ...services: AnyObject[]) =>
  mendPorts(ports, services, new Map()).findings.map(
    ({ regarding, reason, note }) => `${regarding?.metadata.name} ${reason}: ${note}`,
  )

describe('ports that services claim', () => {
  test.each<[string, Partial<ServiceSpec>, number[]]>([
    ['none', { ports: [{ port: 80 }] }, []],
    [
      'one in two protocols, once',
      {
        ports: [
          { port: 53, nodePort: 30053, protocol: 'TCP' },
          { port: 53, nodePort: 30053, protocol: 'UDP' },
        ],
      },
      [30053],
    ],
    [
      'one twice, twice',
      {
        ports: [
          { port: 1, nodePort: 30001 },
          { port: 2, nodePort: 30001 },
        ],
      },
      [30001, 30001],
    ],
    [
      'that of the health check',
      { ports: [{ port: 80, nodePort: 30080 }], healthCheckNodePort: 30099 },
      [30080, 30099],
    ],
    [
      'the health check beside UDP',
      { ports: [{ port: 53, nodePort: 30053, protocol: 'UDP' }], healthCheckNodePort: 30053 },
      [30053],
    ],
  ])('%s', (_, spec, expected) =>
    expect(claimedPorts({ metadata: {}, spec, status: {} } as Parameters<typeof claimedPorts>[0])).toEqual(expected),
  )
})

describe('node ports', () => {
  test('that are as they should be are left alone', () => {
    const ports = newRange(30080)
    expect(notes(ports, newService('a', 30080))).toEqual([])
    expect([...ports.taken()]).toEqual([30080])
  })

  test('that were never entered are taken', () => {
    const ports = newRange()
    expect(notes(ports, newService('a', 30080))).toEqual(['a PortNotAllocated: Port 30080 is not allocated; repairing'])
    expect(ports.has(30080)).toBe(true)
  })

  test("of two services are the first one's", () =>
    expect(notes(newRange(30080), newService('a', 30080), newService('b', 30080))).toEqual([
      'b PortAlreadyAllocated: Port 30080 was assigned to multiple services; please recreate service',
    ]))

  test('outside of the range stay with their service', () =>
    expect(notes(newRange(), newService('a', 8080))).toEqual([
      'a PortOutOfRange: Port 8080 is not within the port range 30000-32767; please recreate service',
    ]))

  test("that are nobody's are given up with the third look, unless somebody has them by then", () => {
    const ports = newRange(30001, 30002)
    const look = (leaked: LeakedPorts, ...services: AnyObject[]) => mendPorts(ports, services, leaked)
    const first = look(new Map())
    const second = look(first.leaked)
    expect([first.findings, second.findings, [...ports.taken()]]).toEqual([[], [], [30001, 30002]])
    const third = look(second.leaked, newService('late', 30002))
    expect(third.findings).toEqual([
      expect.objectContaining({ error: 'leak', note: 'the node port 30001 appears to have leaked: cleaning up' }),
    ])
    expect([[...ports.taken()], [...third.leaked]]).toEqual([[30002], []])
  })

  test('taken or given up while services are read: they are read again', async () => {
    const ports = newRange()
    let reads = 0
    const mended = await ports.repair(async () => {
      if (reads++ === 0) ports.take(30005)
      return seen => [...seen.taken()]
    })
    expect([reads, mended]).toEqual([2, [30005]])
  })
})
