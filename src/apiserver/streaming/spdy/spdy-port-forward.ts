/** Port-forward over SPDY: each forwarded connection is a pair of streams, one for data and one for errors. */
import { type Duplex, PassThrough, type Readable } from 'node:stream'
import type { Timer } from '../../../machinery/clock.js'
import type { ContainerRef, NodeApi } from '../../../machinery/node-api.js'
import { forwardPort, parsePort } from '../port-forward.js'
import { defaultStreamCreationTimeoutMs, type StreamingDeps } from '../streaming.js'
import { SpdyConnection } from './spdy-connection.js'
import type { SpdyStream } from './spdy-stream.js'

interface StreamPair {
  data?: SpdyStream
  error?: SpdyStream
  /** Runs until both streams are there. */
  timer: Timer
}

export interface PortForward {
  node: NodeApi
  target: ContainerRef
}

/** Old clients send no request id: the streams of a pair then have consecutive numbers, the error stream first. */
function requestIdOf(stream: SpdyStream, type: 'data' | 'error'): string {
  return stream.headers.requestid || String(type === 'error' ? stream.id : stream.id - 2)
}

/** A stream for reading only: whoever is done with it, or iterates over it, does not close the other direction. */
function readHalf(stream: SpdyStream): Readable {
  const half = new PassThrough()
  stream.pipe(half)
  half.once('close', () => {
    stream.unpipe(half)
    stream.resume()
  })
  stream.once('close', () => half.end())
  return half
}

class PortForwardSession {
  private readonly pairs = new Map<string, StreamPair>()

  constructor(
    private readonly forward: PortForward,
    private readonly deps: StreamingDeps,
  ) {}

  /** False for a stream without a valid type or port, or one that its pair already has. */
  add(stream: SpdyStream): boolean {
    const type = stream.headers.streamtype
    const port = parsePort(stream.headers.port ?? '')
    if (port === undefined || (type !== 'data' && type !== 'error')) return false
    const id = requestIdOf(stream, type)
    const pair = this.pairs.get(id) ?? this.open(id)
    if (pair[type]) return false
    pair[type] = stream
    if (pair.data && pair.error) {
      pair.timer.cancel()
      this.pairs.delete(id)
      void this.run({ data: pair.data, error: pair.error }, port)
    }
    return true
  }

  private open(id: string): StreamPair {
    const { clock, streamCreationTimeoutMs = defaultStreamCreationTimeoutMs } = this.deps
    const timer = clock.after(streamCreationTimeoutMs, () => {
      this.pairs.delete(id)
      pair.error?.end('timed out waiting for streams')
      pair.data?.destroy()
    })
    const pair: StreamPair = { timer }
    this.pairs.set(id, pair)
    return pair
  }

  /** Never rejects. */
  private async run({ data, error }: { data: SpdyStream; error: SpdyStream }, port: number): Promise<void> {
    const gone = new AbortController()
    data.once('close', () => gone.abort())
    // The client closes its side at once and sends nothing.
    error.resume()
    const stream = { readable: readHalf(data), writable: data, signal: gone.signal }
    const message = await forwardPort(this.forward, port, stream)
    if (message === undefined) {
      if (!data.writableEnded) data.end()
      error.end()
      stream.readable.destroy()
    } else error.end(message, () => data.destroy())
  }

  close(): void {
    for (const { timer } of this.pairs.values()) timer.cancel()
    this.pairs.clear()
  }
}

/** Serves one client on an upgraded connection; resolves when it is closed. */
export async function serveSpdyPortForward(
  transport: Duplex,
  forward: PortForward,
  deps: StreamingDeps,
): Promise<void> {
  const session = new PortForwardSession(forward, deps)
  await new SpdyConnection(transport, stream => session.add(stream)).run()
  session.close()
}
