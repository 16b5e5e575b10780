/**
 * One HTTP/2 connection to an API server, opened on demand and again after it broke. While requests are open a connection
 * that has been silent for 30 s is pinged, and dropped when no answer comes in 15 s: as client-go does, so that watches
 * notice a server that vanished.
 */

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { Readable } from 'node:stream'
import type { Clock, Timer } from '../machinery/clock.js'
import { serviceUnavailable } from '../machinery/status-error.js'

/** PEM texts; `cert` and `key` authenticate the client. */
export interface TlsOptions {
  ca?: string | Uint8Array
  cert?: string | Uint8Array
  key?: string | Uint8Array
  /** The pair to show now, in place of `cert` and `key`: it may change from one connection to the next. */
  credentials?: () => { certificate: string; key: string }
  /** The name that the server's certificate is to be for, where it is not the host's. */
  serverName?: string
  /** Trusts whoever answers. */
  insecure?: boolean
}

export interface HttpAnswer {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Readable
}

const readIdleMs = 30_000
const pingTimeoutMs = 15_000

export class Http2Connection {
  private session: ClientHttp2Session | undefined
  private open = 0
  private lastRead = 0
  private check: Timer | undefined

  constructor(
    private readonly server: string,
    private readonly tls: TlsOptions,
    private readonly clock: Clock,
  ) {}

  /** Sends a request; resolves with the head of the answer. Network failures reject with 503 ServiceUnavailable. */
  request(headers: OutgoingHttpHeaders, body: string | undefined, signal?: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const stream = this.connected().request(headers, { endStream: body === undefined, ...(signal && { signal }) })
      this.opened(stream)
      let answered = false
      stream.on('response', head => {
        answered = true
        resolve({ status: Number(head[constants.HTTP2_HEADER_STATUS]), headers: head, body: stream })
      })
      stream.on('error', error => reject(serviceUnavailable(`${this.server}: ${error.message}`)))
      stream.on('close', () => {
        if (!answered) reject(serviceUnavailable(`${this.server}: connection closed before an answer`))
      })
      if (body !== undefined) stream.end(body)
    })
  }

  close(): void {
    this.check?.cancel()
    this.session?.close()
    this.session = undefined
  }

  private connected(): ClientHttp2Session {
    if (this.session && !this.session.closed && !this.session.destroyed) return this.session
    // A list of tens of thousands of objects must not stall on the default 64 KiB window.
    const { serverName, insecure, credentials, ...keys } = this.tls
    const own = credentials?.()
    const shown = own && { cert: own.certificate, key: own.key }
    const tls = { ...keys, ...shown, ...(serverName && { servername: serverName }), rejectUnauthorized: !insecure }
    const session = connect(this.server, { ...tls, settings: { initialWindowSize: 1 << 20 } } as object)
    session.on('connect', () => session.setLocalWindowSize(8 << 20))
    const forget = () => {
      if (this.session === session) this.session = undefined
    }
    // Errors reach the callers through their streams.
    session.on('error', forget)
    session.on('close', forget)
    session.on('goaway', forget)
    session.unref()
    this.session = session
    return session
  }

  private opened(stream: ClientHttp2Stream): void {
    this.open++
    this.lastRead = this.clock.monotonic()
    stream.on('data', () => {
      this.lastRead = this.clock.monotonic()
    })
    stream.pause()
    stream.on('close', () => {
      this.open--
      if (this.open === 0) this.check?.cancel()
    })
    if (this.open === 1) this.watchSilence()
  }

  private watchSilence(): void {
    this.check?.cancel()
    this.check = this.clock.after(readIdleMs, () => {
      const session = this.session
      if (this.open === 0 || !session) return
      if (this.clock.monotonic() - this.lastRead < readIdleMs) return this.watchSilence()
      const dead = this.clock.after(pingTimeoutMs, () => session.destroy(new Error('no answer to a ping')))
      session.ping(() => {
        dead.cancel()
        this.lastRead = this.clock.monotonic()
      })
      this.watchSilence()
    })
  }
}
