/** Which headers go on to the backend, and which come back from it. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Of one connection and not of the message: they end here. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The server has read these; backends must not. The request's body was asked for already. */
const ownHeaders: ReadonlySet<string> = new Set(['authorization', 'expect', 'http2-settings'])
const isOwn = (name: string) => ownHeaders.has(name) || name.startsWith('impersonate-') || name.startsWith(':')

/** Further names that a Connection header gives. */
const connectionNames = (value: string | readonly string[] | undefined): ReadonlySet<string> =>
  new Set(
    [value ?? []]
      .flat()
      .flatMap(line => line.split(','))
      .map(name => name.trim().toLowerCase()),
  )

/** The name that the client used for this server. */
export const requestHost = ({ headers }: IncomingMessage): string =>
  headers.host ?? (headers[':authority'] as string | undefined) ?? ''

/** The address as upstream's X-Forwarded-For has it; undefined when the client is gone. */
function clientAddress({ socket }: IncomingMessage): string | undefined {
  const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '')
  return address && isIP(address) ? address : undefined
}

/** The client's headers but for those of its connection to us, with its address added. */
function passedOn(request: IncomingMessage, keep: (name: string) => boolean): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(request.headers as IncomingHttpHeaders))
    if (value !== undefined && value !== '' && !isOwn(name) && keep(name)) headers[name] = value
  headers.host = requestHost(request)
  const client = clientAddress(request)
  const prior = request.headers['x-forwarded-for']
  if (client) headers['x-forwarded-for'] = prior ? `${[prior].flat().join(', ')}, ${client}` : client
  return headers
}

/** Headers of a plain request. `hasBody` says whether one follows whose length may be unknown. */
export function forwardedHeaders(request: IncomingMessage, forwardedUri: string, hasBody: boolean) {
  const named = connectionNames(request.headers.connection)
  const headers = passedOn(request, name => !hopByHop.has(name) && !named.has(name))
  if (connectionNames(request.headers.te).has('trailers')) headers.te = 'trailers'
  headers['x-forwarded-uri'] = forwardedUri
  if (hasBody && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked'
  return headers
}

/** Headers of a request to upgrade: those of the connection too, for the backend is to answer them. */
export const upgradeHeaders = (request: IncomingMessage): OutgoingHttpHeaders => passedOn(request, () => true)

const corsHeaders: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
])

/** The backend's headers but for those of its connection, and those that would open this server to other sites. */
export function returnedHeaders(answer: IncomingMessage): Record<string, string[]> {
  const named = connectionNames(answer.headers.connection)
  const headers: Record<string, string[]> = {}
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    if (!values || hopByHop.has(name) || corsHeaders.has(name) || named.has(name)) continue
    headers[name] = values
  }
  // The names of trailers tell the client to expect them.
  if (answer.headers.trailer) headers.trailer = [answer.headers.trailer]
  return headers
}
