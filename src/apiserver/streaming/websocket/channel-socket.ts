/** Several streams over one WebSocket: the first byte of each message names the channel. */
import { Readable, Writable } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** How a subprotocol writes its messages. */
export interface ChannelCodec {
  /** Text messages: a digit, then base64. */
  base64: boolean
  /** 255 and a channel's number end that channel. */
  closeSignal: boolean
}

const closeSignal = 255
const zero = 0x30

export const codecOf = (protocol: string): ChannelCodec => ({
  base64: protocol.includes('base64'),
  closeSignal: protocol === 'v5.channel.k8s.io',
})

const bufferOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

/** Nothing is read from the socket while any channel is full. */
export class ChannelSocket {
  /** Aborted when the connection is closed. */
  readonly signal: AbortSignal
  private readonly readers = new Map<number, Readable>()
  private readonly full = new Set<number>()

  constructor(
    private readonly ws: WebSocket,
    private readonly codec: ChannelCodec,
  ) {
    const gone = new AbortController()
    this.signal = gone.signal
    ws.on('message', data => this.receive(bufferOf(data)))
    ws.once('close', () => {
      for (const reader of this.readers.values()) reader.push(null)
      gone.abort()
    })
  }

  /** What the client sends on a channel. Messages on a channel without reader are dropped. */
  reader(channel: number): Readable {
    const reader = new Readable({
      read: () => this.drained(channel),
      destroy: (error, done) => {
        this.readers.delete(channel)
        this.drained(channel)
        done(error)
      },
    })
    this.readers.set(channel, reader)
    return reader
  }

  /** Each write is one message, done when it left for the network. */
  writer(channel: number): Writable {
    const writer = new Writable({
      write: (chunk: Buffer, _encoding, done) => this.send(channel, chunk, done),
    })
    // Whoever writes learns of the end by the signal.
    return writer.on('error', () => {})
  }

  send(channel: number, chunk: Buffer, done: (error?: Error | null) => void): void {
    if (this.codec.base64) {
      this.ws.send(String.fromCharCode(zero + channel) + chunk.toString('base64'), { binary: false }, done)
    } else {
      this.ws.send(Buffer.concat([Buffer.of(channel), chunk]), { binary: true }, done)
    }
  }

  private receive(message: Buffer): void {
    const first = message[0]
    if (first === undefined) return
    if (this.codec.closeSignal && first === closeSignal) {
      if (message.length !== 2) this.ws.close(1002)
      else this.end(message[1]!)
      return
    }
    const channel = this.codec.base64 ? first - zero : first
    const reader = this.readers.get(channel)
    const payload = message.subarray(1)
    const bytes = this.codec.base64 ? Buffer.from(payload.toString('latin1'), 'base64') : payload
    if (!reader || bytes.length === 0 || reader.push(bytes)) return
    this.full.add(channel)
    this.ws.pause()
  }

  private end(channel: number): void {
    this.readers.get(channel)?.push(null)
    this.readers.delete(channel)
  }

  private drained(channel: number): void {
    if (this.full.delete(channel) && this.full.size === 0) this.ws.resume()
  }
}
