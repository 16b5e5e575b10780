/** Sends requests of any kind, odd ones included, to one server over HTTP/2. */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type SecureClientSessionOptions } from 'node:http2'

/** A server that takes part. */
export interface Side {
  name: string
  url: string
  tls: SecureClientSessionOptions
  headers: Readonly<Record<string, string>>
}

export interface RawRequest {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body?: Buffer
}

export interface RawAnswer {
  /** 0 when there was none. */
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** Why there is no answer. */
  error?: string
}

export interface Connection {
  send(request: RawRequest): Promise<RawAnswer>
  close(): void
}

/** A request that has no answer by then counts as unanswered. */
const patienceMs = 15_000

function exchange(session: ClientHttp2Session, request: RawRequest): Promise<RawAnswer> {
  return new Promise(resolve => {
    const answer: RawAnswer = { status: 0, headers: {}, body: Buffer.alloc(0) }
    const chunks: Buffer[] = []
    let settled = false
    const settle = (error?: string) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      resolve({ ...answer, body: Buffer.concat(chunks), ...(error && { error }) })
    }
    const headers = { ...request.headers, ':method': request.method, ':path': request.path }
    // Node would end a DELETE at its headers.
    const stream = session.request(headers, { endStream: !request.body })
    const timer = setTimeout(() => {
      settle('no end within 15 s')
      stream.close()
    }, patienceMs)
    stream.on('response', headers => {
      answer.status = headers[':status'] ?? 0
      answer.headers = headers
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => settle())
    stream.on('close', () => settle(`closed (${stream.rstCode})`))
    stream.on('error', error => settle(answer.status ? undefined : error.message))
    if (request.body) stream.end(request.body)
  })
}

/** Opens a session at the first request, and again after a server closed it. */
export function newConnection(side: Side): Connection {
  let session: ClientHttp2Session | undefined
  const open = () => {
    if (session && !session.closed && !session.destroyed) return session
    session = connect(side.url, { settings: { initialWindowSize: 16 << 20 }, ...side.tls })
    session.on('error', () => {})
    return session
  }
  return {
    async send(request) {
      const headers = { ...side.headers, ...request.headers }
      try {
        return await exchange(open(), { ...request, headers })
      } catch (error) {
        return { status: 0, headers: {}, body: Buffer.alloc(0), error: String(error) }
      }
    },
    close: () => session?.destroy(),
  }
}
