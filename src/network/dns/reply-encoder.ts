/**
 * Responses as bytes. Names are compressed, which the library does not do: so the addresses of thirty pods fit into what a client without EDNS
 * takes. What does not fit is cut: additional records first, then answers from the end, and the client is told to ask over TCP.
 */
import { type Answer, encode, type OptAnswer, type Packet, type Question, TRUNCATED_RESPONSE } from 'dns-packet'

export interface EncodeOptions {
  /** Bytes that the client takes. */
  most: number
  /** What we tell clients that speak EDNS to send at most; they get such a record. */
  edns?: number
}

const response = 0x8000
const headerBytes = 12
const rootBytes = 1
/** Of an address: pointer to the name, type, class, time to live, length, address. */
export const addressBytes = 16
/** Serial, refresh, retry, expire, minimum. */
const soaNumbers = 20
const maxPointer = 0x3fff
const pointer = 0xc000

/** Thrown where there is no room left. */
class Full extends Error {}

class Writer {
  offset = headerBytes
  /** Where each name, and each end of one, was written first. */
  readonly #names = new Map<string, number>()

  constructor(
    readonly buffer: Buffer,
    private readonly end: number,
  ) {}

  #room(bytes: number): number {
    const { offset } = this
    if (offset + bytes > this.end) throw new Full()
    this.offset += bytes
    return offset
  }

  u16(value: number): void {
    this.buffer.writeUInt16BE(value, this.#room(2))
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.#room(bytes.length))
  }

  name(name: string): void {
    let rest = name.replace(/\.$/, '')
    while (rest) {
      const known = this.#names.get(rest)
      if (known !== undefined) {
        this.u16(pointer | known)
        return
      }
      if (this.offset <= maxPointer) this.#names.set(rest, this.offset)
      const dot = rest.indexOf('.')
      const label = Buffer.from(dot < 0 ? rest : rest.slice(0, dot))
      this.bytes(Buffer.of(label.length))
      this.bytes(label)
      rest = dot < 0 ? '' : rest.slice(dot + 1)
    }
    this.bytes(Buffer.of(0))
  }

  /** Type, class, time to live, length and data of a record, as the library writes them; with names inside, as we do. */
  record(answer: Answer): void {
    this.name(answer.name)
    const plain = encode({ type: 'response', answers: [{ ...answer, name: '.' } as Answer] })
    const body = plain.subarray(headerBytes + rootBytes)
    const { type } = answer
    if (type === 'CNAME' || type === 'NS' || type === 'PTR') this.#withNames(body, [answer.data], 0)
    else if (type === 'SOA') this.#withNames(body, [answer.data.mname, answer.data.rname], soaNumbers)
    else this.bytes(body)
  }

  /** `rest`: bytes of the data after the names. */
  #withNames(body: Buffer, names: readonly string[], rest: number): void {
    this.bytes(body.subarray(0, 8))
    const length = this.#room(2)
    for (const name of names) this.name(name)
    if (rest) this.bytes(body.subarray(-rest))
    this.buffer.writeUInt16BE(this.offset - length - 2, length)
  }

  question(question: Question): void {
    this.name(question.name)
    this.bytes(encode({ type: 'query', questions: [{ ...question, name: '.' }] }).subarray(headerBytes + rootBytes))
  }

  /** Writes records one after the other until there is no room. Answers how many. */
  records(answers: readonly Answer[]): number {
    for (const [i, answer] of answers.entries()) {
      const { offset } = this
      try {
        this.record(answer)
      } catch (error) {
        if (!(error instanceof Full)) throw error
        this.offset = offset
        return i
      }
    }
    return answers.length
  }
}

const optBytes = 11
function optRecord(udpPayloadSize: number): Buffer {
  const opt = { type: 'OPT', name: '.', udpPayloadSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false }
  return encode({ type: 'response', additionals: [{ ...opt, options: [] } as OptAnswer] }).subarray(headerBytes)
}

export function encodeReply(reply: Packet, { most, edns }: EncodeOptions): Buffer {
  const { id = 0, flags = 0, questions = [], answers = [], authorities = [], additionals = [] } = reply
  const writer = new Writer(Buffer.alloc(most), edns === undefined ? most : most - optBytes)
  for (const question of questions) writer.question(question)
  const answered = writer.records(answers)
  const authority = answered < answers.length ? 0 : writer.records(authorities)
  const isCut = answered < answers.length || authority < authorities.length
  const additional = isCut ? 0 : writer.records(additionals)
  const { buffer, offset } = writer
  const opt = edns === undefined ? Buffer.alloc(0) : optRecord(edns)
  buffer.set(opt, offset)
  const header = [id, flags | response | (isCut ? TRUNCATED_RESPONSE : 0), questions.length, answered, authority]
  for (const [i, value] of [...header, additional + (opt.length ? 1 : 0)].entries()) buffer.writeUInt16BE(value, 2 * i)
  return buffer.subarray(0, offset + opt.length)
}
