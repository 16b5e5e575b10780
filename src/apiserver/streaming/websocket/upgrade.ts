/** Turns an upgrade request into a WebSocket, with a subprotocol of Kubernetes. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { refuseUpgrade } from '../http-answer.js'

/** As large as upstream's server takes. */
const maxMessageBytes = 32 * 1024 * 1024

/** Subprotocols that the client offers, in its order; `['']` when it offers none. */
export function offeredProtocols(req: IncomingMessage): string[] {
  const offered = (req.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map(protocol => protocol.trim())
    .filter(protocol => protocol !== '')
  return offered.length ? offered : ['']
}

export interface UpgradeRequest {
  req: IncomingMessage
  socket: Duplex
  head: Buffer
}

/**
 * Answers with the first subprotocol offered that is supported (`''`: none is asked for). Undefined when there is none, or the
 * request is broken: it has been answered then.
 */
export async function upgradeToWebSocket(
  { req, socket, head }: UpgradeRequest,
  supported: readonly string[],
): Promise<{ ws: WebSocket; protocol: string } | undefined> {
  const offered = offeredProtocols(req)
  const protocol = offered.find(name => supported.includes(name))
  if (protocol === undefined) {
    const message = `requested protocol(s) are not supported: [${offered.join(' ')}]; supports [${supported.join(' ')}]`
    refuseUpgrade(socket, { code: 403, message })
    return undefined
  }
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  })
  // The library refuses names with a slash, such as SPDY/3.1+portforward.k8s.io: it neither sees nor sends the header.
  delete req.headers['sec-websocket-protocol']
  if (protocol) server.on('headers', headers => headers.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise(resolve => {
    socket.once('close', () => resolve(undefined))
    server.on('wsClientError', error => {
      refuseUpgrade(socket, { code: 400, message: error.message })
      resolve(undefined)
    })
    server.handleUpgrade(req, socket, head, ws => {
      // A broken connection also closes, which everyone waits for.
      ws.on('error', () => {})
      resolve({ ws, protocol })
    })
  })
}

/** Resolves when the connection is closed. */
export const closed = (ws: WebSocket): Promise<void> =>
  ws.readyState === ws.CLOSED ? Promise.resolve() : new Promise(resolve => ws.once('close', () => resolve()))
