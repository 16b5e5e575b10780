/** The client's end of a SPDY session, for tests: sends what it is told to and notes every frame that comes. */
import { Duplex } from 'node:stream'
import { ByteReader } from './byte-reader.js'
import { dataHeader, headerBytes, synStreamFrame } from './frames.js'
import { HeaderCodec, type Headers } from './header-block.js'

class PairedEnd extends Duplex {
  peer!: PairedEnd
  /** Of the other side's write, until this side is read. */
  private taken: (() => void) | undefined

  override _read(): void {
    const { taken } = this
    this.taken = undefined
    taken?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.peer.destroyed || this.peer.push(chunk)) done()
    else this.peer.taken = done
  }

  override _final(done: () => void): void {
    this.peer.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.peer.destroyed) this.peer.destroy()
    done(error)
  }
}

/** Two ends of a connection in memory, each with its own buffers. */
export function duplexPair(): [Duplex, Duplex] {
  const [a, b] = [new PairedEnd(), new PairedEnd()]
  a.peer = b
  b.peer = a
  return [a, b]
}

export interface ReceivedFrame {
  /** 0 for data. */
  type: number
  id: number
  fin: boolean
  body: Buffer
}

export class SpdyTestPeer {
  readonly frames: ReceivedFrame[] = []
  private readonly codec = new HeaderCodec()
  private readonly waiters: (() => void)[] = []
  private nextId = 1
  private ended = false

  constructor(readonly transport: Duplex) {
    transport.on('error', () => {})
    void this.read()
  }

  /** Opens a stream and returns its number. */
  async open(headers: Headers): Promise<number> {
    const id = this.nextId
    this.nextId += 2
    await this.openAs(id, headers)
    return id
  }

  async openAs(id: number, headers: Headers): Promise<void> {
    this.send(synStreamFrame(id, await this.codec.pack(headers)))
  }

  send(frame: Buffer): void {
    this.transport.write(frame)
  }

  data(id: number, text: string | Buffer, fin = false): void {
    const body = Buffer.from(text)
    this.send(Buffer.concat([dataHeader(id, body.length, fin), body]))
  }

  /** Text that has come on a stream. */
  text(id: number): string {
    return Buffer.concat(this.frames.filter(f => f.type === 0 && f.id === id).map(f => f.body)).toString()
  }

  /** The first frame of that kind, when it comes; rejects when the connection ends before. */
  async frame(matches: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    for (;;) {
      const found = this.frames.find(matches)
      if (found) return found
      if (this.ended) throw new Error('connection ended')
      await this.change()
    }
  }

  fin(id: number): Promise<ReceivedFrame> {
    return this.frame(f => f.type === 0 && f.id === id && f.fin)
  }

  control(type: number, id?: number): Promise<ReceivedFrame> {
    return this.frame(f => f.type === type && (id === undefined || f.id === id))
  }

  /** Resolves when the other side has ended the connection. */
  async end(): Promise<void> {
    while (!this.ended) await this.change()
  }

  private change(): Promise<void> {
    return new Promise(resolve => this.waiters.push(resolve))
  }

  private async read(): Promise<void> {
    const reader = new ByteReader(this.transport)
    try {
      for (;;) {
        const header = await reader.read(headerBytes)
        if (!header) break
        const body = (await reader.read(header.readUIntBE(5, 3))) ?? Buffer.alloc(0)
        this.note(header, body)
      }
    } catch {
      // The connection broke, which the test expects.
    }
    this.ended = true
    this.wake()
  }

  private note(header: Buffer, body: Buffer): void {
    const isControl = (header[0]! & 0x80) !== 0
    const type = isControl ? header.readUInt16BE(2) : 0
    const id = isControl ? (body.length >= 4 ? body.readUInt32BE(0) : 0) : header.readUInt32BE(0)
    this.frames.push({ type, id, fin: (header[4]! & 1) === 1, body })
    this.wake()
  }

  private wake(): void {
    for (const resolve of this.waiters.splice(0)) resolve()
  }
}
