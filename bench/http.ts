/** A small HTTP/2 load generator. */
import { type ClientHttp2Session, connect } from 'node:http2'
import type { BenchServer } from './servers/server.js'

export interface Call {
  method?: string
  path: string
  body?: string | Buffer
  contentType?: string
  accept?: string
}

export interface Answer {
  status: number
  body: Buffer
}

/** Errors of the session reach the requests on it. */
export function connectSession(server: Pick<BenchServer, 'url' | 'tls'>): ClientHttp2Session {
  const session = connect(server.url, { settings: { initialWindowSize: 16 << 20 }, ...server.tls })
  session.on('error', () => {})
  session.once('connect', () => session.setLocalWindowSize(32 << 20))
  return session
}

export function request(session: ClientHttp2Session, headers: Record<string, string>, call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', path, body, contentType = 'application/json', accept = 'application/json' } = call
    const stream = session.request({
      ...headers,
      ':method': method,
      ':path': path,
      accept,
      ...(body && { 'content-type': contentType }),
    })
    let status = 0
    const chunks: Buffer[] = []
    stream.on('response', h => {
      status = h[':status'] ?? 0
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => resolve({ status, body: Buffer.concat(chunks) }))
    stream.on('error', reject)
    stream.end(body)
  })
}

/** Runs `total` calls from `clients` connections, each one after the other. Throws on an answer that is not 2xx. */
export async function runLoad(
  server: BenchServer,
  { clients, total, call }: { clients: number; total: number; call(n: number): Call },
): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(clients, total) }, async () => {
      const session = connectSession(server)
      try {
        for (let n = next++; n < total; n = next++) {
          const { status, body } = await request(session, server.headers, call(n))
          if (status < 200 || status > 299)
            throw new Error(`${server.name} answered ${status}: ${body.subarray(0, 300)}`)
        }
      } finally {
        session.destroy()
      }
    }),
  )
}
