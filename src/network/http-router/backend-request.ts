/** Opens a request to one of several endpoints: where one does not take the connection, the next is tried. */
import { type Agent, type ClientRequest, request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { type Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { HttpEndpoint } from './service-endpoints.js'

export interface BackendAgents {
  plain: Agent
  tls: TlsAgent
}

export interface BackendRequest {
  method: string
  /** With the query. */
  path: string
  headers: OutgoingHttpHeaders
  isTls: boolean
  /** A connection that is to be upgraded is a new one. */
  isUpgrade?: boolean
}

/** An endpoint that does not take the connection within this time is passed over. */
const connectMs = 1500
/** How many are tried. */
const maxTries = 4

/** Resolves when the connection stands; nothing of the body was sent then. */
function openTo(at: HttpEndpoint, asked: BackendRequest, { plain, tls }: BackendAgents): Promise<ClientRequest> {
  const { method, path, headers, isTls, isUpgrade } = asked
  const options = { host: at.host, port: at.port, method, path, headers, setHost: false }
  return new Promise((resolve, reject) => {
    const request = isTls
      ? tlsRequest({ ...options, agent: isUpgrade ? false : tls, rejectUnauthorized: false })
      : httpRequest({ ...options, agent: isUpgrade ? false : plain })
    request.once('error', reject)
    request.once('socket', socket => {
      const done = () => {
        socket.setTimeout(0)
        request.off('error', reject)
        resolve(request)
      }
      if (!socket.connecting) return done()
      socket.setTimeout(connectMs, () => socket.connecting && socket.destroy(new Error('no connection')))
      socket.once(isTls ? 'secureConnect' : 'connect', done)
    })
    request.flushHeaders()
  })
}

/** Rejects when none takes the connection. */
export async function openRequest(
  endpoints: readonly HttpEndpoint[],
  asked: BackendRequest,
  agents: BackendAgents,
): Promise<ClientRequest> {
  let last: unknown
  for (const endpoint of endpoints.slice(0, maxTries)) {
    try {
      return await openTo(endpoint, asked, agents)
    } catch (error) {
      last = error
    }
  }
  throw last
}
