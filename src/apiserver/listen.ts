/** The listening socket: HTTP/2 and HTTP/1.1 over TLS on one port, client certificates asked for but not required. */
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { UpgradeListener } from './connect/upgrade.js'
import type { ApiServerConfig } from './deps.js'
import { ApiHttp2Response } from './http/http2-response.js'
import type { RequestListener } from './http/pipeline.js'

/** Node ends sessions whose buffers grow beyond this many megabytes; a large list over a slow line needs more than its 10. */
const maxSessionMemory = 1000
/** Upstream allows 250; a thousand informers may share a connection here. */
const maxConcurrentStreams = 1000
const minVersion = 'TLSv1.2'
/**
 * The suites of Go's server, in its order. Clients that name no signature algorithms, as wget of busybox before 1.37, are answered with
 * TLS 1.2's default, SHA-1, as Go does; OpenSSL has that at security level 0 only.
 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE+AES128+AESGCM',
  'ECDHE+AESGCM',
  'ECDHE+CHACHA20',
  'ECDHE+AES128+SHA1',
  'ECDHE+AES256+SHA1',
  '@SECLEVEL=0',
].join(':')
/** Longer than clients keep idle connections, so that none is closed under a request. */
const keepAliveMilliseconds = 180_000

export interface Listening {
  port: number
  /** Takes connections to another address of this machine too, on the same port. */
  alsoOn(address: string): Promise<void>
  /** Shows this certificate to clients that connect from now on; PEM. */
  use(pair: { certificate: string; key: string }): void
  /** Refuses new connections, lets what runs end, and closes the rest after `graceMilliseconds`. */
  close(graceMilliseconds: number, wait: (milliseconds: number) => Promise<void>): Promise<void>
}

function listen(server: Server | Http2SecureServer, port: number, bindAddress: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, bindAddress, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

export interface Listeners {
  onRequest: RequestListener
  onUpgrade: UpgradeListener
  /** A client could not agree on a connection. */
  onHandshakeError(): void
}

export async function startListening(config: ApiServerConfig, on: Listeners): Promise<Listening> {
  const { certificate, key, clientCa } = config.tls
  const ca = config.authentication?.requestHeader ? [clientCa, config.authentication.requestHeader.clientCa] : clientCa
  const server = createSecureServer({
    allowHTTP1: true,
    cert: certificate,
    key,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion,
    ciphers,
    maxSessionMemory,
    settings: { maxConcurrentStreams },
    Http2ServerResponse: ApiHttp2Response,
  })
  Object.assign(server, { keepAliveTimeout: keepAliveMilliseconds })
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  server.on('session', session => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    // A connection that breaks ends its own requests; nobody else minds.
    session.on('error', () => {})
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', (_error, socket) => {
    on.onHandshakeError()
    socket.destroy()
  })
  server.on('request', on.onRequest as never)
  server.on('upgrade', on.onUpgrade)
  const port = await listen(server, config.port, config.bindAddress)
  const others: Server[] = []

  return {
    port,
    async alsoOn(address) {
      const other = createServer(socket => server.emit('connection', socket))
      await listen(other, port, address)
      others.push(other)
    },
    use: pair => server.setSecureContext({ cert: pair.certificate, key: pair.key, ca, minVersion, ciphers }),
    async close(graceMilliseconds, wait) {
      for (const other of others) other.close()
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const session of sessions) session.close()
      await Promise.race([closed, wait(graceMilliseconds)])
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
