import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Answer, decode, encode, type Packet, RECURSION_DESIRED, streamEncode } from 'dns-packet'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import type { ClusterDirectory } from './cluster-zone.js'
import { newForwarder } from './forwarder.js'
import { newResolver, type Resolver } from './resolver.js'
import { type DnsServer, startDnsServer } from './server.js'

const host = '127.0.0.1'
const query = (name: string, extra: Partial<Packet> = {}): Packet => ({
  type: 'query',
  id: 77,
  flags: RECURSION_DESIRED,
  questions: [{ type: 'A', name }],
  ...extra,
})

type Reply = Packet & { rcode?: string; flag_tc?: boolean; flag_aa?: boolean }

async function askUdp(port: number, message: Buffer): Promise<Reply> {
  const socket = createSocket('udp4')
  socket.send(message, port, host)
  const [reply] = await once(socket, 'message')
  socket.close()
  return decode(reply)
}

async function askTcp(port: number, message: Buffer): Promise<Reply> {
  const socket = connect(port, host)
  socket.write(message)
  const [data] = await once(socket, 'data')
  socket.destroy()
  return decode(data.subarray(2))
}

const many = (name: string): Answer[] =>
  Array.from({ length: 40 }, (_, i) => ({ type: 'A', name, ttl: 5, data: `192.0.2.${i}` }))

/** Answers `many.example` with forty addresses, `one.example` with one, and counts. */
const example: { asked: number; resolve: Resolver } = {
  asked: 0,
  async resolve({ id = 0, questions = [] }) {
    example.asked++
    const name = questions[0]?.name ?? ''
    const answers = name === 'many.example' ? many(name) : many(name).slice(0, 1)
    return { type: 'response', id, questions, answers }
  },
}

let server: DnsServer
const start = async (resolve: Resolver) => {
  server = await startDnsServer(resolve, { address: host, port: 0, log: silentLogger })
}
afterEach(() => server.stop())

describe('answers over UDP and TCP', () => {
  beforeEach(() => start(example.resolve))

  test('a short one comes whole', async () => {
    const { answers, flag_tc } = await askUdp(server.port, encode(query('one.example')))
    expect(answers).toMatchObject([{ data: '192.0.2.0' }])
    expect(flag_tc).toBe(false)
  })

  test('one too long for a datagram is asked again over TCP', async () => {
    const udp = await askUdp(server.port, encode(query('many.example')))
    expect(udp.flag_tc).toBe(true)
    expect(udp.answers).toHaveLength(30)
    const tcp = await askTcp(server.port, streamEncode(query('many.example')))
    expect(tcp.answers).toHaveLength(40)
  })

  test('clients that take more are told that we do', async () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] } as unknown as Answer
    const { additionals } = await askUdp(server.port, encode(query('one.example', { additionals: [opt] })))
    expect(additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }])
  })
})

const nobody: ClusterDirectory = {
  service: () => undefined,
  slices: () => [],
  hasNamespace: () => false,
  serviceAt: () => undefined,
  slicesAt: () => [],
}

describe('a resolver with the servers of the host behind it', () => {
  const clock = new FakeClock(0)
  let upstream: DnsServer
  let servers: string[]
  beforeEach(async () => {
    upstream = await startDnsServer(example.resolve, { address: host, port: 0, log: silentLogger })
    servers = [`${host}:${upstream.port}`]
    example.asked = 0
    const random = new SeededRandom()
    const forwarder = newForwarder({ clock, random, servers: async () => servers })
    await start(newResolver({ directory: nobody, forwarder, random, zone: 'cluster.local' }))
  })
  afterEach(() => upstream.stop())

  test('asks them for what is not of the cluster, and keeps the answer for its time', async () => {
    const first = await askUdp(server.port, encode(query('one.example')))
    expect(first).toMatchObject({ id: 77, rcode: 'NOERROR', flag_aa: false, answers: [{ ttl: 5 }] })
    await clock.advance(3000)
    expect(await askUdp(server.port, encode(query('one.example')))).toMatchObject({ answers: [{ ttl: 2 }] })
    expect(example.asked).toBe(1)
    await clock.advance(3000)
    await askUdp(server.port, encode(query('one.example')))
    expect(example.asked).toBe(2)
  })

  test('fetches long answers over TCP', async () => {
    const { answers } = await askTcp(server.port, streamEncode(query('many.example')))
    expect(answers).toHaveLength(40)
  })

  test('says that it failed where there is no server', async () => {
    servers = []
    expect(await askUdp(server.port, encode(query('two.example')))).toMatchObject({ rcode: 'SERVFAIL' })
  })

  test('tells of what the cluster does not have itself', async () => {
    const reply = await askUdp(server.port, encode(query('a.b.svc.cluster.local')))
    expect(reply).toMatchObject({
      rcode: 'NXDOMAIN',
      flag_aa: true,
      authorities: [{ type: 'SOA', name: 'cluster.local' }],
    })
    expect(example.asked).toBe(0)
  })

  test('refuses what is no question', async () => {
    const notify = { flags: 4 << 11 }
    expect(await askUdp(server.port, encode(query('one.example', notify)))).toMatchObject({ rcode: 'NOTIMP' })
    expect(await askUdp(server.port, encode(query('one.example', { questions: [] })))).toMatchObject({
      rcode: 'FORMERR',
    })
  })
})
