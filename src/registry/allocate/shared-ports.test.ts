import { describe, expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import { wrapMessage } from '../../machinery/protobuf/envelope.js'
import { newMemoryStorage } from '../../storage/memory/open.js'
import { PortRange } from './port-range.js'
import { SharedPorts } from './shared-ports.js'

const range = [30000, 32767] as const

function newServers(count: number) {
  const storage = newMemoryStorage(new FakeClock())
  const random = new SeededRandom(1)
  const newRange = () => new PortRange(range, random)
  return { storage, servers: Array.from({ length: count }, () => new SharedPorts({ storage, range, newRange })) }
}

describe('node ports of several servers', () => {
  test('no two are given the same, though they ask at once', async () => {
    const { servers } = newServers(3)
    const given = await Promise.all(Array.from({ length: 60 }, (_, n) => servers[n % 3]!.takeAny()))
    expect(new Set(given).size).toBe(60)
  })

  test('what one has taken, no other can take until it is released', async () => {
    const { servers } = newServers(2)
    const [a, b] = servers as [SharedPorts, SharedPorts]
    await a.take(30080)
    await expect(b.take(30080)).rejects.toThrow('provided port is already allocated')
    expect(await b.has(30080)).toBe(true)
    await a.release(30080)
    await b.take(30080)
  })

  test('who mends them looks again when another server was faster', async () => {
    const { servers } = newServers(2)
    const [a, b] = servers as [SharedPorts, SharedPorts]
    let looks = 0
    const seen = await a.repair(async () => {
      if (looks++ === 0) await b.take(30080)
      return ports => {
        ports.take(30001)
        return [...ports.taken()]
      }
    })
    expect([looks, seen]).toEqual([2, [30080, 30001]])
    expect(await b.has(30001)).toBe(true)
  })

  test('the record of another range counts as far as the ranges overlap', async () => {
    const { servers, storage } = newServers(1)
    const record = { kind: 'RangeAllocation', apiVersion: 'v1', range: '29999-30010', data: 'BQ==' }
    await storage.put('/registry/ranges/servicenodeports', new TextEncoder().encode(JSON.stringify(record)))
    await servers[0]!.take(30000)
    expect(await servers[0]!.has(30001)).toBe(true)
    const { bytes } = (await storage.get('/registry/ranges/servicenodeports'))!
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ range: '30000-32767', data: 'Aw==' })
  })

  test("the record is upstream's: a large number with a bit for each port", async () => {
    const { servers, storage } = newServers(1)
    await servers[0]!.take(30000)
    await servers[0]!.take(30009)
    const { bytes } = (await storage.get('/registry/ranges/servicenodeports'))!
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
      kind: 'RangeAllocation',
      range: '30000-32767',
      data: Buffer.from([0x02, 0x01]).toString('base64'),
    })
  })

  test('the record of a stock server, in protobuf, is read', async () => {
    const { servers, storage } = newServers(1)
    const message = Buffer.concat([
      Buffer.from([0x0a, 0x00, 0x12, 0x0b]),
      Buffer.from('30000-32767'),
      Buffer.from([0x1a, 0x02, 0x80, 0x00]),
    ])
    const record = wrapMessage({ apiVersion: 'v1', kind: 'RangeAllocation' }, message)
    await storage.put('/registry/ranges/servicenodeports', record)
    expect(await servers[0]!.has(30015)).toBe(true)
    expect(await servers[0]!.has(30014)).toBe(false)
  })
})
