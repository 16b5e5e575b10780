/** Requests to pods over HTTP/2 in the clear, as gRPC wants it: one connection an endpoint, for as long as it is used. */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
import { joinHostPort } from '../../machinery/host-port.js'
import type { BackendRequest } from './backend-request.js'
import type { HttpEndpoint } from './service-endpoints.js'

/** An endpoint that does not take the connection within this time is passed over. */
const connectMs = 1500
/** How many are tried. */
const maxTries = 4
/** A connection over which nothing came for so long takes no further requests. */
const idleMs = 60_000

const ofConnection: ReadonlySet<string> = new Set(['host', 'connection', 'upgrade', 'transfer-encoding', 'keep-alive'])

function headersFor({ method, path, headers }: BackendRequest): OutgoingHttpHeaders {
  const own = Object.entries(headers).filter(([name]) => !ofConnection.has(name))
  return {
    ':method': method,
    ':path': path,
    ':scheme': 'http',
    ':authority': String(headers.host ?? ''),
    ...Object.fromEntries(own),
  }
}

interface Connection {
  session: ClientHttp2Session
  ready: Promise<ClientHttp2Session>
}

export class Http2Backends {
  readonly #connections = new Map<string, Connection>()

  /** Rejects when none of the endpoints takes the connection. */
  async open(endpoints: readonly HttpEndpoint[], asked: BackendRequest): Promise<ClientHttp2Stream> {
    let last: unknown
    for (const endpoint of endpoints.slice(0, maxTries)) {
      try {
        return (await this.#sessionTo(endpoint)).request(headersFor(asked))
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  #sessionTo({ host, port }: HttpEndpoint): Promise<ClientHttp2Session> {
    const authority = `http://${joinHostPort(host, port)}`
    const known = this.#connections.get(authority)
    if (known && !known.session.closed && !known.session.destroyed) return known.ready
    const session = connect(authority)
    const ready = whenConnected(session)
    this.#connections.set(authority, { session, ready })
    session.on('close', () => {
      if (this.#connections.get(authority)?.session === session) this.#connections.delete(authority)
    })
    return ready
  }

  stop(): void {
    for (const { session } of this.#connections.values()) session.destroy()
  }
}

/** From then on it takes no further requests when it is idle, or when the other end wants that. */
function whenConnected(session: ClientHttp2Session): Promise<ClientHttp2Session> {
  const leave = () => session.close()
  session.on('goaway', leave)
  return new Promise((resolve, reject) => {
    session.on('error', reject)
    const giveUp = () => session.destroy(new Error('no connection'))
    session.setTimeout(connectMs, giveUp)
    session.once('connect', () => {
      session.off('timeout', giveUp)
      session.setTimeout(idleMs, leave)
      resolve(session)
    })
  })
}
