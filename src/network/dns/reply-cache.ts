/**
 * Keeps encoded answers of the cluster's zone by the bytes of the query, as long as nothing in the cluster changes. Each time the addresses
 * of an answer are put in another order, so that clients which take the first share the work among all.
 */
import type { Random } from '../../machinery/clock.js'
import { addressBytes } from './reply-encoder.js'

interface Kept {
  reply: Buffer
  /** Where its addresses begin, one after the other. */
  first: number
  /** Less than two: nothing to shuffle. */
  count: number
}

const maxKept = 10_000
const idBytes = 2
const answersAt = 6
const headerBytes = 12
/** Beyond, a query is no usual one, and not worth it. */
const longestQuery = 300

export interface ReplyCacheDeps {
  random: Random
  /** Changes with everything that an answer may hang on. */
  version(): number
}

export class ReplyCache {
  readonly #kept = new Map<string, Kept>()
  #version = -1

  constructor(private readonly deps: ReplyCacheDeps) {}

  /** The answer to the query, with its id, for sending. */
  get(query: Buffer): Buffer | undefined {
    if (this.deps.version() !== this.#version) {
      this.#kept.clear()
      this.#version = this.deps.version()
    }
    const kept = this.#kept.get(keyOf(query))
    if (!kept) return undefined
    const reply = Buffer.from(kept.reply)
    query.copy(reply, 0, 0, idBytes)
    this.#shuffle(reply, kept)
    return reply
  }

  /** Keeps the answer to the query; `version` is that of when the answer was looked for. */
  set(query: Buffer, reply: Buffer, version: number): void {
    if (version !== this.#version || query.length > longestQuery) return
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= maxKept && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(keyOf(query), { reply: Buffer.from(reply), ...addressesOf(reply) })
  }

  #shuffle(reply: Buffer, { first, count }: Kept): void {
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(this.deps.random.next() * (i + 1))
      const [a, b] = [first + i * addressBytes + 12, first + j * addressBytes + 12]
      const address = reply.readUInt32BE(a)
      reply.writeUInt32BE(reply.readUInt32BE(b), a)
      reply.writeUInt32BE(address, b)
    }
  }
}

const keyOf = (query: Buffer) => query.toString('latin1', idBytes)

/** Records of an IPv4 address each, of the name that was asked for: all begin with a pointer to the question, and the type. */
const start = 0xc00c0001

function addressesOf(reply: Buffer): Pick<Kept, 'first' | 'count'> {
  let first = headerBytes
  while (reply[first]) first += reply[first]! + 1
  first += 5
  const count = reply.readUInt16BE(answersAt)
  for (let i = 0; i < count; i++) {
    const at = first + i * addressBytes
    if (at + addressBytes > reply.length || reply.readUInt32BE(at) !== start) return { first, count: 0 }
  }
  return { first, count }
}
