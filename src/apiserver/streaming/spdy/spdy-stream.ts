/** One stream of a SPDY connection, as a Duplex: ending it sends FIN, destroying it resets it. */
import { Duplex } from 'node:stream'
import type { FlowControl } from './flow-control.js'
import { initialWindow } from './frames.js'
import type { Headers } from './header-block.js'

/** What a stream needs of its connection. */
export interface StreamTransport {
  /** Sends one frame; resolves when the bytes left for the network. */
  sendData(id: number, chunk: Buffer, fin: boolean): Promise<void>
  readonly flow: FlowControl
  updateWindow(id: number, delta: number): void
  reset(id: number): void
  closed(id: number): void
}

/** Bytes that wait for a reader before the connection stops reading. */
const highWaterMark = 256 * 1024
/** Larger writes are cut, so that streams take turns. */
const maxFrameBytes = 32 * 1024

export class SpdyStream extends Duplex {
  private sendWindow: number
  /** Bytes received and not yet granted again. */
  private unacknowledged = 0
  private readonly drainWaiters: (() => void)[] = []
  private windowWaiter: (() => void) | undefined
  private sentFin = false
  private receivedFin = false

  constructor(
    readonly id: number,
    readonly headers: Headers,
    private readonly transport: StreamTransport,
  ) {
    super({ readableHighWaterMark: highWaterMark, writableHighWaterMark: maxFrameBytes, emitClose: true })
    this.sendWindow = transport.flow.streamWindow
    // A reset by the peer is an ordinary end; whoever pipes hears of it by `close`.
    this.on('error', () => {})
  }

  /** Resolves when more may be received. */
  receive(chunk: Buffer): Promise<void> | undefined {
    if (this.destroyed || this.receivedFin) return undefined
    this.unacknowledged += chunk.length
    if (this.push(chunk)) return undefined
    return new Promise(resolve => this.drainWaiters.push(resolve))
  }

  receiveFin(): void {
    if (this.receivedFin) return
    this.receivedFin = true
    this.push(null)
    // Data without a reader must not keep the end from being seen.
    if (this.readableFlowing === null && this.readableLength === 0) this.read(0)
  }

  /** The peer reset the stream, or is gone: no RST is sent back. */
  abandon(): void {
    this.sentFin = true
    this.receivedFin = true
    this.push(null)
    this.destroy()
  }

  widen(delta: number): void {
    this.sendWindow += delta
    this.windowOpened()
  }

  windowOpened(): void {
    this.windowWaiter?.()
    this.windowWaiter = undefined
  }

  override _read(): void {
    for (const resolve of this.drainWaiters.splice(0)) resolve()
    if (this.unacknowledged >= initialWindow / 2 && !this.receivedFin) {
      this.transport.updateWindow(this.id, this.unacknowledged)
      this.unacknowledged = 0
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.send(chunk).then(() => callback(), callback)
  }

  private async send(chunk: Buffer): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      const window = this.transport.flow.allowance(this.sendWindow)
      if (this.destroyed) throw new Error('stream was reset')
      if (window <= 0) {
        await new Promise<void>(resolve => {
          this.windowWaiter = resolve
        })
        continue
      }
      const part = rest.subarray(0, Math.min(window, maxFrameBytes))
      this.sendWindow -= part.length
      this.transport.flow.take(part.length)
      await this.transport.sendData(this.id, part, false)
      rest = rest.subarray(part.length)
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    const sent = this.sentFin ? Promise.resolve() : this.transport.sendData(this.id, Buffer.alloc(0), true)
    this.sentFin = true
    sent.then(() => callback(), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.sentFin || !this.receivedFin) this.transport.reset(this.id)
    this.sentFin = true
    this.receivedFin = true
    this.transport.closed(this.id)
    for (const resolve of this.drainWaiters.splice(0)) resolve()
    this.windowOpened()
    callback(error)
  }
}
