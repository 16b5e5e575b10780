/** Asks the host's name servers what the cluster does not know, and keeps their answers for a while. */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { type Answer, decode, encode, type Packet, type Question, RECURSION_DESIRED, streamEncode } from 'dns-packet'
import type { Clock, Random } from '../../machinery/clock.js'

/** What came back; `rcode` as the DNS registry names it. */
export interface ForwardedAnswer {
  rcode: string
  answers: Answer[]
  authorities: Answer[]
}

export interface Forwarder {
  /** Rejects when no server answers. */
  ask(question: Question): Promise<ForwardedAnswer>
}

export interface ForwarderDeps {
  clock: Clock
  random: Random
  /** `address` or `address:port`, in the order in which they are asked. */
  servers(): Promise<readonly string[]>
}

const timeoutMs = 2000
/** Seconds that an answer is kept at most, as kubeadm sets CoreDNS. */
const longest = 30
const maxKept = 10_000
const truncated = 0x200
const lengthBytes = 2

type Reply = Packet & { rcode?: string }

/** Sends a query over UDP, or over TCP when the answer is too long for that. */
function exchange(server: string, query: Packet, clock: Clock): Promise<Reply> {
  const [, host = server, port = '53'] = /^([^:]+|\[.+\]):(\d+)$/.exec(server) ?? []
  return overUdp(host, Number(port), { query, clock }).then(reply =>
    (reply.flags ?? 0) & truncated ? overTcp(host, Number(port), { query, clock }) : reply,
  )
}

interface Asked {
  query: Packet
  clock: Clock
}

function overUdp(host: string, port: number, { query, clock }: Asked): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    const timer = clock.after(timeoutMs, () => fail(new Error(`${host} does not answer`)))
    const end = () => {
      timer.cancel()
      socket.close()
    }
    const fail = (error: Error) => {
      end()
      reject(error)
    }
    socket.once('error', fail)
    socket.on('message', message => {
      const reply = tryDecode(message)
      if (reply?.id !== query.id) return
      end()
      resolve(reply!)
    })
    // Connected: what others send to this port is not taken for the answer.
    socket.connect(port, host, () => socket.send(encode(query)))
  })
}

function overTcp(host: string, port: number, { query, clock }: Asked): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host)
    const timer = clock.after(timeoutMs, () => socket.destroy(new Error(`${host} does not answer`)))
    let received = Buffer.alloc(0)
    socket.once('error', reject)
    socket.once('close', () => {
      timer.cancel()
      reject(new Error(`${host} closed the connection`))
    })
    socket.on('data', data => {
      received = Buffer.concat([received, data])
      if (received.length < lengthBytes || received.length < lengthBytes + received.readUInt16BE(0)) return
      const reply = tryDecode(received.subarray(lengthBytes))
      if (reply) resolve(reply)
      socket.destroy()
    })
    socket.write(streamEncode(query))
  })
}

function tryDecode(message: Buffer): Reply | undefined {
  try {
    return decode(message)
  } catch {
    return undefined
  }
}

interface Kept {
  answer: ForwardedAnswer
  /** On the monotonic clock. */
  since: number
  seconds: number
}

const ttlOf = (answer: Answer) => ('ttl' in answer ? (answer.ttl ?? 0) : 0)

function aged({ answer, since, seconds }: Kept, now: number): ForwardedAnswer | undefined {
  const age = Math.floor((now - since) / 1000)
  if (age >= seconds) return undefined
  const older = (list: Answer[]) =>
    list.map(one => ('ttl' in one ? ({ ...one, ttl: Math.max(0, ttlOf(one) - age) } as Answer) : one))
  return { ...answer, answers: older(answer.answers), authorities: older(answer.authorities) }
}

export function newForwarder({ clock, random, servers }: ForwarderDeps): Forwarder {
  const kept = new Map<string, Kept>()
  const asking = new Map<string, Promise<ForwardedAnswer>>()

  async function fetch(question: Question): Promise<ForwardedAnswer> {
    let failure = new Error('the host has no name server')
    for (const server of await servers()) {
      const id = Buffer.from(random.bytes(2)).readUInt16BE(0)
      try {
        const reply = await exchange(
          server,
          { type: 'query', id, flags: RECURSION_DESIRED, questions: [question] },
          clock,
        )
        const { rcode = 'NOERROR', answers = [], authorities = [] } = reply
        if (rcode !== 'SERVFAIL' && rcode !== 'REFUSED') return { rcode, answers, authorities }
        failure = new Error(`${server} answers ${rcode}`)
      } catch (error) {
        failure = error as Error
      }
    }
    throw failure
  }

  function keep(key: string, answer: ForwardedAnswer): void {
    const lives = [...answer.answers, ...answer.authorities].map(ttlOf)
    const seconds = Math.min(longest, ...lives)
    if (seconds <= 0 || lives.length === 0) return
    const [oldest] = kept.keys()
    if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest)
    kept.set(key, { answer, since: clock.monotonic(), seconds })
  }

  return {
    async ask(question) {
      const key = `${question.name.toLowerCase()} ${question.type} ${question.class}`
      const found = kept.get(key)
      const usable = found && aged(found, clock.monotonic())
      if (usable) return usable
      kept.delete(key)
      const running = asking.get(key)
      if (running) return running
      const answer = fetch(question).finally(() => asking.delete(key))
      asking.set(key, answer)
      answer.then(
        got => keep(key, got),
        () => {},
      )
      return answer
    },
  }
}
