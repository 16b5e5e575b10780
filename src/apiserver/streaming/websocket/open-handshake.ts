/** The handshake of WebSockets that carry no protocol of Kubernetes: any one subprotocol is taken, as Go's x/net/websocket does. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** RFC 6455, section 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Stands in for keys that the library would refuse, and upstream takes. */
const placeholderKey = 'AAAAAAAAAAAAAAAAAAAAAA=='
/** Nothing is expected from the client; what it says nevertheless is thrown away. */
const maxMessageBytes = 1024 * 1024

/** Whether a client of HTTP/1.1 asks for a WebSocket. */
export const asksForWebSocket = ({ headers, httpVersionMajor }: IncomingMessage): boolean =>
  httpVersionMajor === 1 &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  !!headers.connection?.toLowerCase().includes('upgrade')

interface Refusal {
  line: string
  headers?: string
  text?: string
}

const isAbsolute = (origin: string) => URL.canParse(origin) || origin.startsWith('/')

/** What Go's library finds wrong, in its order. */
function refusalOf({ headers }: IncomingMessage, protocols: readonly string[]): Refusal | undefined {
  const bad = '400 Bad Request'
  if (!headers['sec-websocket-key']) return { line: bad, text: 'mismatch challenge/response' }
  if (headers['sec-websocket-version'] !== '13')
    return { line: bad, headers: 'Sec-WebSocket-Version: 13\r\n', text: 'missing or bad WebSocket Version' }
  // Browsers say where a page comes from; others have to as well.
  if (!isAbsolute(headers.origin ?? '')) return { line: '403 Forbidden' }
  return protocols.length > 1 ? { line: bad } : undefined
}

/** The first line of the header alone, as Go reads it. */
function offeredProtocols({ rawHeaders, headers }: IncomingMessage): string[] {
  if (!headers['sec-websocket-protocol']) return []
  const name = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'sec-websocket-protocol')
  const line = (rawHeaders[name + 1] ?? '').trim()
  return line ? line.split(',').map(protocol => protocol.trim()) : []
}

/** Undefined when the request was refused: it has been answered then, and the connection ends. */
export async function acceptAnyProtocol(request: IncomingMessage, socket: Duplex): Promise<WebSocket | undefined> {
  const protocols = offeredProtocols(request)
  const refusal = refusalOf(request, protocols)
  if (refusal) {
    const { line, headers = '', text = '' } = refusal
    socket.end(`HTTP/1.1 ${line}\r\n${headers}\r\n${text}`)
    return undefined
  }
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  })
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${acceptSuffix}`).digest('base64')
  server.on('headers', lines => {
    const at = lines.findIndex(line => line.startsWith('Sec-WebSocket-Accept:'))
    lines.splice(at, lines.length, `Sec-WebSocket-Accept: ${accept}`)
    if (protocols[0]) lines.push(`Sec-WebSocket-Protocol: ${protocols[0]}`)
  })
  const { 'sec-websocket-protocol': _, ...headers } = request.headers
  headers['sec-websocket-key'] = placeholderKey
  const known = Object.assign(Object.create(request), { headers }) as IncomingMessage
  return new Promise(resolve => {
    socket.once('close', () => resolve(undefined))
    server.handleUpgrade(known, socket, Buffer.alloc(0), ws => {
      // A broken connection also closes, which everyone waits for.
      ws.on('error', () => {})
      ws.resume()
      resolve(ws)
    })
  })
}
