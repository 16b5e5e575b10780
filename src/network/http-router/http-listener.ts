/** Listens for HTTP on localhost: HTTP/2 and HTTP/1.1, in the clear or over TLS. */
import { createServer } from 'node:http'
import type { Server, Socket } from 'node:net'
import type { SecureContext, TlsOptions, Server as TlsServer } from 'node:tls'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { HttpHandler } from './http-handler.js'
import { takeHttp2 } from './prior-knowledge.js'

export interface ListenerOptions {
  /** The first must be had, the others may. */
  addresses: readonly string[]
  /** Tried one after the other; 0: any. */
  ports: readonly number[]
  /** With it, TLS. */
  tls?: {
    contextFor(name: string): SecureContext
    /** For clients that name no host. */
    unnamed(): KeyPair
  }
}

export interface HttpListener {
  port: number
  /** What clients that name no host get is another certificate now. */
  renew(): void
  /** Cuts what is open. */
  stop(): Promise<void>
}

/** Requests may take as long as they like, but not their headers. */
const timeouts = { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 75_000 }

async function newServer(handler: HttpHandler, tls: ListenerOptions['tls']): Promise<Server> {
  if (!tls) {
    const server = createServer(timeouts, handler.serve).on('upgrade', handler.upgrade)
    takeHttp2(server, handler, timeouts.headersTimeout)
    return server
  }
  const { createSecureServer } = await import('node:http2')
  const { certificate: cert, key } = tls.unnamed()
  const SNICallback: TlsOptions['SNICallback'] = (name, done) => done(null, tls.contextFor(name))
  const server = createSecureServer({ ...timeouts, allowHTTP1: true, cert, key, SNICallback })
  server.on('sessionError', () => {})
  return server.on('upgrade', handler.upgrade).on('request', handler.serve)
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

class OpenListener implements HttpListener {
  port = 0
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()

  constructor(
    private readonly handler: HttpHandler,
    private readonly options: ListenerOptions,
  ) {}

  async open(address: string, port: number): Promise<void> {
    const server = await newServer(this.handler, this.options.tls)
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    await listen(server, port, address)
    this.port = (server.address() as { port: number }).port
    this.#servers.push(server)
  }

  renew(): void {
    const pair = this.options.tls?.unnamed()
    if (!pair) return
    const { certificate: cert, key } = pair
    for (const server of this.#servers) (server as TlsServer).setSecureContext({ cert, key })
  }

  async stop(): Promise<void> {
    const closed = this.#servers.map(server => new Promise(resolve => server.close(resolve)))
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }
}

/** Rejects with the last error when none of the ports is to be had. */
export async function openListener(handler: HttpHandler, options: ListenerOptions): Promise<HttpListener> {
  const [first = '127.0.0.1', ...others] = options.addresses
  let last: unknown
  for (const port of options.ports) {
    const listener = new OpenListener(handler, options)
    try {
      await listener.open(first, port)
    } catch (error) {
      last = error
      continue
    }
    for (const address of others) await listener.open(address, listener.port).catch(() => {})
    return listener
  }
  throw last
}
