import { describe, expect, test } from '@jest/globals'
import { type Answer, decode, encode, type Packet } from 'dns-packet'
import { SeededRandom } from '../../machinery/fake-clock.js'
import { ReplyCache } from './reply-cache.js'
import { encodeReply } from './reply-encoder.js'

const name = 'ring.shop.svc.cluster.local'
const addresses = (count: number): Answer[] =>
  Array.from({ length: count }, (_, i) => ({
    type: 'A',
    name,
    ttl: 30,
    class: 'IN',
    flush: false,
    data: `172.18.0.${i}`,
  }))
const soa: Answer = {
  ...{ type: 'SOA', name: 'cluster.local', ttl: 30, class: 'IN', flush: false },
  data: {
    ...{ mname: 'ns.dns.cluster.local', rname: 'hostmaster.cluster.local' },
    ...{ serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: 30 },
  },
}
const reply = (rest: Partial<Packet>): Packet => ({
  type: 'response',
  id: 77,
  flags: 0x480,
  questions: [{ type: 'A', name, class: 'IN' }],
  answers: [],
  authorities: [],
  additionals: [],
  ...rest,
})
type Decoded = Packet & { flag_tc?: boolean }
const read = (bytes: Buffer): Decoded => decode(bytes)

describe('responses as bytes', () => {
  test.each<[string, Partial<Packet>]>([
    ['addresses', { answers: addresses(3) }],
    ['nothing, with an authority', { authorities: [soa] }],
    [
      'names inside, a text, a port',
      {
        answers: [
          { type: 'CNAME', name, ttl: 5, class: 'IN', flush: false, data: 'web.shop.svc.cluster.local' },
          { type: 'PTR', name, ttl: 5, class: 'IN', flush: false, data: name },
          { type: 'NS', name, ttl: 5, class: 'IN', flush: false, data: 'ns.dns.cluster.local' },
          { type: 'TXT', name, ttl: 5, class: 'IN', flush: false, data: [Buffer.from('1.1.0')] },
          {
            type: 'SRV',
            name,
            ttl: 5,
            class: 'IN',
            flush: false,
            data: { priority: 0, weight: 1, port: 80, target: name },
          },
          { type: 'AAAA', name, ttl: 5, class: 'IN', flush: false, data: 'fd00::7' },
        ],
      },
    ],
  ])('the library reads back: %s', (_, rest) => {
    const bytes = encodeReply(reply(rest), { most: 512 })
    const { questions, answers, authorities, additionals, id, flag_tc } = read(bytes)
    expect({ questions, answers, authorities, additionals, id, flag_tc }).toEqual({
      ...{ questions: reply({}).questions, answers: [], authorities: [], additionals: [], id: 77, flag_tc: false },
      ...rest,
    })
  })

  test('thirty ports of a headless service need no EDNS, nor do their addresses', () => {
    const bytes = encodeReply(reply({ answers: addresses(28) }), { most: 512 })
    expect(read(bytes)).toMatchObject({ flag_tc: false, answers: { length: 28 } })
    expect(bytes.length).toBeLessThanOrEqual(512)
  })

  test('additional records go first, then answers, of which as many come as fit', () => {
    const additionals = addresses(10)
    const some = read(encodeReply(reply({ answers: addresses(28), additionals }), { most: 512 }))
    expect(some).toMatchObject({ flag_tc: false, answers: { length: 28 } })
    const cut = read(encodeReply(reply({ answers: addresses(60), additionals }), { most: 512 }))
    expect(cut).toMatchObject({ flag_tc: true, answers: { length: 29 }, additionals: [] })
  })

  test('clients that take more are told that we do', () => {
    const { additionals } = read(encodeReply(reply({ answers: addresses(60) }), { most: 1232, edns: 1232 }))
    expect(additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }])
  })
})

describe('the cache of answers', () => {
  let version = 1
  const cache = new ReplyCache({ random: new SeededRandom(), version: () => version })
  const query = (id: number) => encode({ type: 'query', id, flags: 0x100, questions: [{ type: 'A', name }] })

  test('gives the answer to the same query under its id, the addresses in any order', () => {
    expect(cache.get(query(1))).toBeUndefined()
    cache.set(query(1), encodeReply(reply({ answers: addresses(3) }), { most: 512 }), 1)
    const firsts = new Set<unknown>()
    for (let id = 0; id < 40; id++) {
      const { id: own, answers = [] } = read(cache.get(query(id))!)
      const data = answers.map(answer => ('data' in answer ? answer.data : ''))
      expect([own, [...data].sort()]).toEqual([id, ['172.18.0.0', '172.18.0.1', '172.18.0.2']])
      firsts.add(data[0])
    }
    expect(firsts.size).toBe(3)
  })

  test('forgets all when something changes, and keeps nothing that is older', () => {
    version = 2
    expect(cache.get(query(1))).toBeUndefined()
    cache.set(query(1), encodeReply(reply({}), { most: 512 }), 1)
    expect(cache.get(query(1))).toBeUndefined()
  })
})
