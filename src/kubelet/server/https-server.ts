/** The kubelet's own HTTPS server: who calls is authenticated and authorized by the API server, as upstream does it. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TLSSocket } from 'node:tls'
import type { ContainerRef, NodeAnswer, NodeRequest } from '../../machinery/node-api.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { UserInfo } from '../../machinery/request.js'
import type { Logger } from '../../telemetry/logger.js'
import { type Callers, certificateUser } from './callers.js'
import { attributesOf, type NodeAttributes } from './request-attributes.js'

export type KubeletStream = 'exec' | 'attach' | 'portforward'

/** A connection that a caller wants to talk over by SPDY or WebSocket; let in, and to be taken over. */
export interface KubeletUpgrade {
  req: IncomingMessage
  socket: Duplex
  head: Buffer
  target: ContainerRef
  subresource: KubeletStream
  query: URLSearchParams
}

export interface KubeletServerDeps {
  callers: Callers
  answer(request: NodeRequest): Promise<NodeAnswer>
  /** Resolves when the connection has ended. */
  stream(upgrade: KubeletUpgrade): Promise<void>
  log: Logger
}

export interface KubeletServerConfig {
  /** Where it listens. */
  address: string
  /** The next free one where it is taken. */
  port: number
  serving: KeyPair
  /** PEM of who signs certificates of callers. */
  clientCa: string
}

export interface KubeletServer {
  readonly port: number
  /** A renewed certificate, for connections from now on. */
  renew(serving: KeyPair): void
  stop(): Promise<void>
}

const streams: Readonly<Record<string, KubeletStream>> = { exec: 'exec', attach: 'attach', portForward: 'portforward' }

/** Undefined for a path that is no stream's. */
function streamOf(path: string): { subresource: KubeletStream; target: ContainerRef } | undefined {
  const [first = '', namespace, pod, ...rest] = path.split('/').slice(1).map(decodeURIComponent)
  const subresource = streams[first]
  if (!subresource || !namespace || !pod) return undefined
  const names = subresource === 'portforward' ? 0 : 1
  if (rest.length !== names && rest.length !== names + 1) return undefined
  const uid = rest.length > names ? rest[0] : undefined
  return { subresource, target: { namespace, pod, container: names ? rest.at(-1)! : '', ...(uid && { uid }) } }
}

interface Refusal {
  code: number
  message: string
}

class Listener {
  readonly #deps: KubeletServerDeps

  constructor(deps: KubeletServerDeps) {
    this.#deps = deps
  }

  async #userOf({ headers, socket }: IncomingMessage): Promise<UserInfo | undefined> {
    const byCertificate = certificateUser(socket as TLSSocket)
    if (byCertificate) return byCertificate
    const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
    return token ? this.#deps.callers.userOf(token) : undefined
  }

  /** Undefined for who may. */
  async #refusal(request: IncomingMessage, path: string): Promise<Refusal | undefined> {
    const user = await this.#userOf(request)
    if (!user) return { code: 401, message: 'Unauthorized' }
    const attributes = attributesOf(request.method ?? '', path)
    if (await this.#deps.callers.mayCall(user, attributes)) return undefined
    return { code: 403, message: this.#forbidden(user, attributes) }
  }

  #forbidden({ name }: UserInfo, { verb, subresources }: NodeAttributes): string {
    return `Forbidden (user=${name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])\n`
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://kubelet')
    const refused = await this.#refusal(request, pathname)
    if (refused) return send(response, { ...refused, contentType: 'text/plain; charset=utf-8', body: refused.message })
    if (streamOf(pathname)) {
      const body = 'unable to upgrade: missing upgrade headers in request\n'
      return send(response, { code: 400, contentType: 'text/plain; charset=utf-8', body })
    }
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const answer = await this.#deps.answer({
      method: request.method ?? 'GET',
      path: pathname,
      query: searchParams,
      signal: gone.signal,
    })
    await send(response, answer)
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://kubelet')
    const refused = await this.#refusal(request, pathname)
    const found = streamOf(pathname)
    if (refused) return refuseUpgrade(socket, refused)
    if (!found) return refuseUpgrade(socket, { code: 404, message: '404 page not found' })
    await this.#deps.stream({ req: request, socket, head, ...found, query: searchParams })
  }
}

function refuseUpgrade(socket: Duplex, { code, message }: Refusal): void {
  const length = Buffer.byteLength(message)
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${message}`,
  )
}

async function send(response: ServerResponse, { code, contentType, body }: NodeAnswer): Promise<void> {
  response.writeHead(code, { 'Content-Type': contentType })
  if (typeof body === 'string') return void response.end(body)
  response.flushHeaders()
  await pipeline(body, response)
}

const listenOn = (server: Server, address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** Rejects where the machine does not have the address. */
export async function startKubeletServer(
  deps: KubeletServerDeps,
  { address, port, serving, clientCa }: KubeletServerConfig,
): Promise<KubeletServer> {
  const listener = new Listener(deps)
  const failed = (error: unknown) => deps.log.debug({ error: String(error) }, 'A request to the kubelet failed')
  const server = createServer({
    cert: serving.certificate,
    key: serving.key,
    ca: clientCa,
    requestCert: true,
    // Who shows none may have a token.
    rejectUnauthorized: false,
  })
  server.on('request', (request, response) => {
    listener.serve(request, response).catch(error => {
      failed(error)
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end(String(error))
    })
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    listener.upgrade(request, socket, head).catch(error => {
      failed(error)
      socket.destroy()
    })
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await listenOn(server, address, port).catch(async error => {
    if (error.code !== 'EADDRINUSE') throw error
    await listenOn(server, address, 0)
  })
  // Nothing waits for it: the process ends when its cluster does.
  server.unref()
  return {
    port: (server.address() as { port: number }).port,
    renew: ({ certificate, key }) => server.setSecureContext({ cert: certificate, key, ca: clientCa }),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
