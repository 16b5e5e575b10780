/** A request and its answer over HTTP/1.1 or HTTP/2, as the router needs them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { ClientSide } from './forwarded-headers.js'
import type { HttpPlace, RequestHead } from './http-rule.js'
import { splitTarget } from './path-match.js'

export type Incoming = IncomingMessage | Http2ServerRequest
export type Outgoing = ServerResponse | Http2ServerResponse

export const clientOf = ({ headers, socket }: Incoming): ClientSide => ({
  address: (socket?.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
  host: (headers[':authority'] as string | undefined) ?? headers.host ?? '',
  port: socket?.localPort ?? 0,
  isTls: (socket as TLSSocket | undefined)?.encrypted === true,
})

/** What rules look at. Proxies may be asked with whole URLs. */
export function headOf(request: Incoming, place: HttpPlace, { host }: ClientSide): RequestHead {
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/?]*/i, '') || '/'
  const name = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : host.replace(/:\d*$/, '')
  return {
    ...place,
    host: name.toLowerCase().replace(/\.$/, ''),
    ...splitTarget(target.startsWith('/') ? target : `/${target}`),
    method: request.method ?? 'GET',
    headers: request.headers,
  }
}

/** Whether something follows the headers. */
export const hasBody = (request: Incoming): boolean =>
  'stream' in request
    ? !request.stream.endAfterHeaders
    : request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0

/** Of HTTP/2: INTERNAL_ERROR. */
const internalError = 2

/** Lets the client see that the answer is not whole. */
export function cutShort(response: Outgoing): void {
  if ('stream' in response) response.stream.close(internalError)
  else response.destroy()
}

/** Answers in place of a backend. */
export function answer(response: Outgoing, status: number, text: string): void {
  if (response.headersSent) {
    cutShort(response)
    return
  }
  const body = `${text}\n`
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
