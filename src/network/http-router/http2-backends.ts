/** Requests to pods over HTTP/2 in the clear, as gRPC wants it: one connection an endpoint, for as long as it is used. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2'
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

export class Http2Backends {
  readonly #sessions = new Map<string, Promise<ClientHttp2Session>>()

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
    const authority = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    const known = this.#sessions.get(authority)
    if (known) return known
    const opening = this.#connect(authority)
    this.#sessions.set(authority, opening)
    return opening
  }

  #connect(authority: string): Promise<ClientHttp2Session> {
    const session = connect(authority)
    const forget = () => void this.#sessions.delete(authority)
    session.on('close', forget).on('goaway', forget)
    return new Promise((resolve, reject) => {
      session.on('error', error => {
        forget()
        reject(error)
      })
      session.setTimeout(connectMs, () => session.destroy(new Error('no connection')))
      session.once('connect', () => {
        session.removeAllListeners('timeout')
        session.setTimeout(idleMs, () => {
          forget()
          session.close()
        })
        resolve(session)
      })
    })
  }

  stop(): void {
    for (const opening of this.#sessions.values())
      opening.then(
        session => session.destroy(),
        () => {},
      )
    this.#sessions.clear()
  }
}
