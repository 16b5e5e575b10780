/** A server whose pods and nodes are all one HTTP server on loopback, which says what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ApiServerDeps } from '../deps.js'
import type { Dial } from '../proxy/dial.js'
import { newServerFixture, podBody } from './server-fixture.js'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** What the backend saw. */
export interface Echo {
  method: string
  url: string
  headers: Record<string, string>
  body: string
}

const echo: Handler = async (request, response) => {
  const { method, url, headers } = request
  const body = await text(request)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ method, url, headers, body }))
}

const listening = (server: Server) =>
  new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

export const podAddress = '10.0.0.5'

/** Pod `p` at `podAddress`; `answer` takes requests over from the echo. Port 1 refuses. */
export async function newProxyFixture(
  options: { nodes?: ApiServerDeps['nodes']; tls?: { key: string; cert: string } } = {},
) {
  let handler = echo
  const listener: Handler = (request, response) => handler(request, response)
  const backend = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
  const port = await listening(backend)
  const dialed: string[] = []
  const dial: Dial = (address, signal) => {
    dialed.push(`${address.host}:${address.port}`)
    if (address.port === 1)
      return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, signal })
      socket.once('connect', () => resolve(socket)).once('error', reject)
    })
  }
  const server = await newServerFixture({ dial, ...(options.nodes && { nodes: options.nodes }) })

  /** A pod with that address in its status. */
  const createPod = async (name: string, ip: string, ports: object[] = []) => {
    const path = { group: '', resource: 'pods', namespace: 'default' }
    const containers = [
      { name: 'first', image: 'x' },
      { name: 'second', image: 'x', ports },
    ]
    const body = await server.call({ verb: 'create', ...path, body: podBody(name, { containers }) })
    const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] }
    await server.call({ verb: 'update', ...path, name, subresource: 'status', body: { ...body, status } })
  }
  await createPod('p', podAddress, [{ containerPort: 8080 }])

  return {
    ...server,
    backend,
    dialed,
    createPod,
    /** What the backend answers from now on; the echo again without. */
    answer(next: Handler = echo) {
      handler = next
    },
    create: (resource: string, body: object, namespace?: string) =>
      server.call({ verb: 'create', group: '', resource, ...(namespace && { namespace }), body }),
    [Symbol.asyncDispose]: async () => {
      backend.closeAllConnections()
      backend.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

export type ProxyFixture = Awaited<ReturnType<typeof newProxyFixture>>
