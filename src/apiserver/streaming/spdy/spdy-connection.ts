/** The server's end of a SPDY/3.1 session: reads frames, hands streams to their handler, answers what the protocol asks. */
import type { Duplex } from 'node:stream'
import { ByteReader } from './byte-reader.js'
import { FlowControl } from './flow-control.js'
import {
  dataHeader,
  flagFin,
  frameType,
  goAwayFrame,
  goAwayStatus,
  headerBytes,
  initialWindow,
  pingFrame,
  resetStatus,
  rstStreamFrame,
  synReplyFrame,
  windowUpdateFrame,
} from './frames.js'
import { HeaderCodec } from './header-block.js'
import { SpdyStream, type StreamTransport } from './spdy-stream.js'

/** Control frames are small; data frames are passed on in pieces and may be as large as the protocol allows. */
const maxControlBytes = 64 * 1024
const maxPieceBytes = 64 * 1024
/** Open at the same time: a port-forward needs two for each connection. */
const maxStreams = 2000

/** The peer does not keep to the protocol. */
class ProtocolError extends Error {}

export class SpdyConnection implements StreamTransport {
  readonly flow = new FlowControl()
  private readonly codec = new HeaderCodec()
  private readonly streams = new Map<number, SpdyStream>()
  private lastStreamId = 0
  /** Bytes of the session received and not yet granted again. */
  private unacknowledged = 0
  private closing = false

  /** `onStream` returns false to refuse the stream; otherwise the stream has been accepted and its reply sent. */
  constructor(
    private readonly transport: Duplex,
    private readonly onStream: (stream: SpdyStream) => boolean,
  ) {
    transport.on('error', () => transport.destroy())
    // Nobody reads the transport while a stream is full, so its end must be heard of here.
    transport.once('close', () => this.abandonStreams())
  }

  /** Serves until either side closes. Never rejects. */
  async run(): Promise<void> {
    const reader = new ByteReader(this.transport)
    try {
      let more = true
      while (more) more = await this.readFrame(reader)
    } catch {
      // Either the transport broke, and nothing can be said any more, or the peer broke the protocol.
      this.goAway(goAwayStatus.protocolError)
    } finally {
      this.codec.close()
      this.abandonStreams()
      this.transport.end()
    }
  }

  private abandonStreams(): void {
    for (const stream of [...this.streams.values()]) stream.abandon()
  }

  /** Says goodbye and ends the transport; data that was written goes out first. */
  close(): void {
    this.goAway(goAwayStatus.ok)
    this.transport.end()
  }

  private goAway(status: number): void {
    if (this.closing) return
    this.closing = true
    this.write(goAwayFrame(this.lastStreamId, status))
  }

  private write(frame: Buffer): void {
    if (this.transport.writable) this.transport.write(frame)
  }

  /** False at the end. */
  private async readFrame(reader: ByteReader): Promise<boolean> {
    const header = await reader.read(headerBytes)
    if (!header) return false
    const length = header.readUIntBE(5, 3)
    const flags = header[4]!
    if ((header[0]! & 0x80) === 0) return this.readData(reader, { id: header.readUInt32BE(0), length, flags })
    if (length > maxControlBytes) throw new ProtocolError(`control frame of ${length} bytes`)
    if ((header.readUInt16BE(0) & 0x7fff) !== 3) throw new ProtocolError('not SPDY/3')
    const body = await reader.read(length)
    if (!body) return false
    return this.control(header.readUInt16BE(2), flags, body)
  }

  private async readData(reader: ByteReader, frame: { id: number; length: number; flags: number }): Promise<boolean> {
    const stream = this.streams.get(frame.id)
    if (!stream) this.write(rstStreamFrame(frame.id, resetStatus.invalidStream))
    for (let left = frame.length; left > 0; ) {
      const piece = await reader.readSome(Math.min(left, maxPieceBytes))
      if (!piece) return false
      left -= piece.length
      this.acknowledge(piece.length)
      await stream?.receive(piece)
    }
    if (frame.flags & flagFin) stream?.receiveFin()
    return true
  }

  private acknowledge(bytes: number): void {
    this.unacknowledged += bytes
    if (this.unacknowledged < initialWindow / 2) return
    this.write(windowUpdateFrame(0, this.unacknowledged))
    this.unacknowledged = 0
  }

  private async control(type: number, flags: number, body: Buffer): Promise<boolean> {
    switch (type) {
      case frameType.synStream:
        await this.openStream(body, flags)
        return true
      case frameType.rstStream:
        this.streams.get(idOf(body))?.abandon()
        return true
      case frameType.settings:
        this.applySettings(body)
        return true
      case frameType.ping:
        // Ours would be even; an odd one is the peer's and goes back as it came.
        if (body.length >= 4 && body.readUInt32BE(0) % 2 === 1) this.write(pingFrame(body.readUInt32BE(0)))
        return true
      case frameType.headers:
        // Unused, but the compression of what follows depends on it.
        await this.codec.unpack(body.subarray(4))
        return true
      case frameType.windowUpdate:
        this.widen(body)
        return true
      default:
        return type !== frameType.goAway
    }
  }

  private async openStream(body: Buffer, flags: number): Promise<void> {
    if (body.length < 10) throw new ProtocolError('SYN_STREAM is cut short')
    const id = idOf(body)
    const headers = await this.codec.unpack(body.subarray(10))
    if (id % 2 === 0 || id <= this.lastStreamId) throw new ProtocolError(`stream ${id} is out of order`)
    this.lastStreamId = id
    const stream = new SpdyStream(id, headers, this)
    if (this.closing || this.streams.size >= maxStreams) {
      this.write(rstStreamFrame(id, resetStatus.refusedStream))
      return
    }
    this.streams.set(id, stream)
    if (flags & flagFin) stream.receiveFin()
    // Before the handler runs, for it may write at once.
    this.write(synReplyFrame(id, await this.codec.pack({})))
    if (!this.onStream(stream)) stream.destroy()
  }

  private applySettings(body: Buffer): void {
    this.flow.noticed()
    for (let at = 4; at + 8 <= body.length; at += 8) {
      if (body.readUIntBE(at + 1, 3) !== 7) continue
      const delta = this.flow.changeInitialWindow(body.readUInt32BE(at + 4))
      for (const stream of this.streams.values()) stream.widen(delta)
    }
  }

  private widen(body: Buffer): void {
    if (body.length < 8) throw new ProtocolError('WINDOW_UPDATE is cut short')
    this.flow.noticed()
    const id = idOf(body)
    const delta = body.readUInt32BE(4) & 0x7fffffff
    if (id !== 0) this.streams.get(id)?.widen(delta)
    else {
      this.flow.widenSession(delta)
      for (const stream of this.streams.values()) stream.windowOpened()
    }
  }

  sendData(id: number, chunk: Buffer, fin: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.transport.writable) {
        reject(new Error('connection is closed'))
        return
      }
      const done = (error?: Error | null) => (error ? reject(error) : resolve())
      const header = dataHeader(id, chunk.length, fin)
      if (chunk.length === 0) {
        this.transport.write(header, done)
        return
      }
      this.transport.cork()
      this.transport.write(header)
      this.transport.write(chunk, done)
      this.transport.uncork()
    })
  }

  updateWindow(id: number, delta: number): void {
    this.write(windowUpdateFrame(id, delta))
  }

  reset(id: number): void {
    this.write(rstStreamFrame(id, resetStatus.cancel))
  }

  closed(id: number): void {
    this.streams.delete(id)
  }
}

function idOf(body: Buffer): number {
  if (body.length < 4) throw new ProtocolError('frame is cut short')
  return body.readUInt32BE(0) & 0x7fffffff
}
