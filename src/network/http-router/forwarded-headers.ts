/** Which headers go on to a backend, and which come back from it. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { HeaderChanges } from './http-rule.js'

/** Of one connection and not of the message: they end here. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** How the client came here. */
export interface ClientSide {
  address: string
  /** Host and port as the client wrote them. */
  host: string
  /** Where it was listened on. */
  port: number
  isTls: boolean
}

/** Further names that a Connection header gives. */
const namedBy = (connection: string | undefined): ReadonlySet<string> =>
  new Set((connection ?? '').split(',').map(name => name.trim().toLowerCase()))

/** Goes on from name to name as HTTP/1.1 wants it. `protocol` is what the connection is to be upgraded to. */
export function forwardedHeaders(headers: IncomingHttpHeaders, client: ClientSide, protocol?: string) {
  const forwarded: OutgoingHttpHeaders = {}
  const named = namedBy(headers.connection)
  for (const [name, value] of Object.entries(headers))
    if (!hopByHop.has(name) && !named.has(name) && name[0] !== ':' && name !== 'expect') forwarded[name] = value
  if (/(^|,)\s*trailers\s*(,|$)/i.test(String(headers.te ?? ''))) forwarded.te = 'trailers'
  if (protocol) Object.assign(forwarded, { connection: 'Upgrade', upgrade: protocol })
  // What clients say of themselves is not believed: nobody is in front of this.
  forwarded.host = client.host
  forwarded['x-forwarded-for'] = client.address
  forwarded['x-real-ip'] = client.address
  forwarded['x-forwarded-host'] = client.host
  forwarded['x-forwarded-port'] = String(client.port)
  forwarded['x-forwarded-proto'] = client.isTls ? 'https' : 'http'
  forwarded['x-forwarded-scheme'] = client.isTls ? 'https' : 'http'
  return forwarded
}

/** The backend's headers but for those of its connection. */
export function returnedHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = namedBy(headers.connection)
  const returned: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers))
    if (!hopByHop.has(name) && !named.has(name) && name[0] !== ':') returned[name] = value
  return returned
}

/** Changes headers in place; names in any case. */
export function changeHeaders(headers: OutgoingHttpHeaders, { set, add, remove }: HeaderChanges): void {
  for (const [name, value] of set) headers[name.toLowerCase()] = value
  for (const [name, value] of add) {
    const there = headers[name.toLowerCase()]
    headers[name.toLowerCase()] = there === undefined ? value : [there, value].flat().map(String)
  }
  for (const name of remove) delete headers[name.toLowerCase()]
}
