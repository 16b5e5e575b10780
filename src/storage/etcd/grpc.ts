/** gRPC to one server over HTTP/2: calls of one message each way, and streams. Connects when needed, and again after it broke. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Clock, Timer } from '../../machinery/clock.js'
import { FrameReader } from './frame-reader.js'

/** Codes of gRPC that mean something here. */
export const grpcCodes = { deadlineExceeded: 4, outOfRange: 11, unavailable: 14 } as const

export class GrpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
    /** The server may have acted upon the call. */
    readonly sent: boolean,
  ) {
    super(message)
  }
}

/** PEM texts. */
export interface GrpcTls {
  ca?: string
  cert?: string
  key?: string
}

/** The caller's end of a stream. */
export interface GrpcStream {
  send(frame: Buffer): void
  close(): void
}

export interface StreamEvents {
  onMessage(message: Buffer): void
  /** Once, whoever ended it. Undefined: the server, as it should. */
  onEnd(error: GrpcError | undefined): void
}

/** As upstream's client: a connection that was silent for so long is pinged, and dropped when no answer comes. Milliseconds. */
const pingAfter = 30_000
const pingPatience = 10_000

type Heads = Readonly<Record<string, string | string[] | undefined>>

export interface GrpcChannelOptions {
  /** `http://host:port` or `https://…`. */
  url: string
  tls?: GrpcTls
  clock: Clock
}

export class GrpcChannel {
  readonly #options: GrpcChannelOptions
  #session: ClientHttp2Session | undefined
  #ping: Timer | undefined

  constructor(options: GrpcChannelOptions) {
    this.#options = options
  }

  get url(): string {
    return this.#options.url
  }

  /** Resolves with the answer's message. `timeout` in milliseconds. Throws GrpcError. */
  call(method: string, frame: Buffer, timeout: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let answer: Buffer | undefined
      let isLate = false
      const stream = this.#open(method, {
        timeout,
        onMessage: message => {
          answer = message
        },
        onEnd: error => {
          timer.cancel()
          if (isLate) reject(new GrpcError(grpcCodes.deadlineExceeded, `${this.url}: no answer in time`, true))
          else if (error || !answer)
            reject(error ?? new GrpcError(grpcCodes.unavailable, `${this.url}: no message`, true))
          else resolve(answer)
        },
      })
      const timer = this.#options.clock.after(timeout, () => {
        isLate = true
        stream.close(constants.NGHTTP2_CANCEL)
      })
      stream.end(frame)
    })
  }

  stream(method: string, events: StreamEvents): GrpcStream {
    const stream = this.#open(method, events)
    return {
      send(frame) {
        if (!stream.destroyed && !stream.closed) stream.write(frame)
      },
      close: () => stream.close(constants.NGHTTP2_CANCEL),
    }
  }

  close(): void {
    this.#ping?.cancel()
    this.#session?.destroy()
    this.#session = undefined
  }

  #open(method: string, { timeout, onMessage, onEnd }: StreamEvents & { timeout?: number }): ClientHttp2Stream {
    const session = this.#connected()
    const stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
      // etcd then ends what a member without a leader cannot serve.
      hasleader: 'true',
      ...(timeout && { 'grpc-timeout': `${timeout}m` }),
    })
    const frames = new FrameReader(onMessage)
    let heads: Heads = {}
    let why = 'the connection was closed'
    stream.on('response', head => {
      heads = head
    })
    stream.on('trailers', head => {
      heads = { ...heads, ...head }
    })
    stream.on('data', (chunk: Buffer) => frames.take(chunk))
    stream.on('error', error => {
      why = error.message
    })
    stream.on('close', () => onEnd(this.#outcome(stream, heads, { why, connected: wasConnected(session) })))
    return stream
  }

  #outcome(stream: ClientHttp2Stream, heads: Heads, lost: { why: string; connected: boolean }): GrpcError | undefined {
    const { url } = this.#options
    const status = heads['grpc-status']
    if (status === '0') return undefined
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM
    if (status === undefined)
      return new GrpcError(grpcCodes.unavailable, `${url}: ${lost.why}`, lost.connected && !refused)
    return new GrpcError(Number(status), decodeURIComponent(String(heads['grpc-message'] ?? '')), true)
  }

  #connected(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session
    const { url, tls } = this.#options
    // Lists of thousands of objects must not stall on the default window of 64 KiB.
    const session = connect(url, {
      ...tls,
      settings: { initialWindowSize: 16 << 20 },
      maxSessionMemory: 1024,
    } as object)
    session.once('connect', () => {
      connected.add(session)
      session.setLocalWindowSize(32 << 20)
      this.#watchSilence(session)
    })
    const forget = () => {
      if (this.#session === session) this.#session = undefined
    }
    // Errors reach the callers through their streams.
    session.on('error', forget)
    session.on('close', forget)
    session.on('goaway', forget)
    session.unref()
    this.#session = session
    return session
  }

  #watchSilence(session: ClientHttp2Session): void {
    const { clock } = this.#options
    this.#ping?.cancel()
    this.#ping = clock.after(pingAfter, () => {
      if (session.destroyed || this.#session !== session) return
      const dead = clock.after(pingPatience, () => session.destroy(new Error('no answer to a ping')))
      session.ping(() => {
        dead.cancel()
        if (!session.destroyed) this.#watchSilence(session)
      })
    })
  }
}

/** Sessions that have been connected once: what they were given may have arrived. */
const connected = new WeakSet<ClientHttp2Session>()
const wasConnected = (session: ClientHttp2Session): boolean => connected.has(session)
