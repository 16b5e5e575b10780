/** A small HTTP/2 load generator. */
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import type { Round } from './bench.js'
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
  session.once('connect', (_, socket) => {
    session.setLocalWindowSize(32 << 20)
    // A session that is being destroyed no longer hears what becomes of its socket: a server that dies then must not end us.
    socket.on('error', () => {})
  })
  return session
}

export function request(session: ClientHttp2Session, headers: Record<string, string>, call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', path, body, contentType = 'application/json', accept = 'application/json' } = call
    const all = { ...headers, ':method': method, ':path': path, accept, ...(body && { 'content-type': contentType }) }
    // Said in so many words: Node would send a DELETE without its body.
    const stream = session.request(all, { endStream: !body })
    let status = 0
    const chunks: Buffer[] = []
    stream.on('response', h => {
      status = h[':status'] ?? 0
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A server that dies ends its streams without an answer.
    stream.on('end', () =>
      status ? resolve({ status, body: Buffer.concat(chunks) }) : reject(new Error('the connection ended, unanswered')),
    )
    stream.on('error', reject)
    if (body) stream.end(body)
  })
}

/** Where a load goes. */
type Target = Pick<BenchServer, 'name' | 'url' | 'tls' | 'headers'>

interface Load {
  clients: number
  total: number
  call(n: number): Call
}

/** Opens `clients` connections; the round makes `total` calls, each connection one after the other. It throws on an answer that is not 2xx. */
export async function beginLoad(server: Target, { clients, total, call }: Load): Promise<Round> {
  const sessions = await Promise.all(
    Array.from({ length: Math.min(clients, total) }, async () => {
      const session = connectSession(server)
      await once(session, 'connect')
      return session
    }),
  )
  let next = 0
  const work = async (session: ClientHttp2Session) => {
    for (let n = next++; n < total; n = next++) {
      const { status, body } = await request(session, server.headers, call(n))
      if (status < 200 || status > 299) throw new Error(`${server.name} answered ${status}: ${body.subarray(0, 300)}`)
    }
  }
  return {
    async run() {
      await Promise.all(sessions.map(work))
      return total
    },
    end() {
      for (const session of sessions) session.destroy()
    },
  }
}

export async function runLoad(server: Target, load: Load): Promise<void> {
  const { run, end } = await beginLoad(server, load)
  try {
    await run()
  } finally {
    end()
  }
}
