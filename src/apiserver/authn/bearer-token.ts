/** Where a request carries its token: the Authorization header or, for browsers' websockets, a subprotocol. */
import type { IncomingMessage } from 'node:http'

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'
const extraSpace = 'the provided Authorization header contains extra space before the bearer token, and is ignored'

/** The token of the header; undefined when it holds none. */
export function headerToken(request: IncomingMessage, warn: (message: string) => void): string | undefined {
  const header = request.headers.authorization?.trim()
  if (!header) return undefined
  const [scheme = '', token, ...more] = header.split(' ')
  if (scheme.toLowerCase() !== 'bearer') return undefined
  if (token === '' && more.length) warn(extraSpace)
  return token || undefined
}

const isWebSocket = ({ headers: { connection = '', upgrade = '' } }: IncomingMessage) =>
  /\bupgrade\b/i.test(connection) && upgrade.toLowerCase() === 'websocket'

/**
 * The token among the subprotocols, which are then without it; undefined when there is none, `invalid` when it cannot be read or
 * stands alone.
 */
export function takeProtocolToken(request: IncomingMessage): { token: string } | 'invalid' | undefined {
  const header = request.headers['sec-websocket-protocol']
  if (!header?.includes(protocolPrefix) || !isWebSocket(request)) return undefined
  const protocols = header.split(',').map(protocol => protocol.trim())
  const carriers = protocols.filter(protocol => protocol.startsWith(protocolPrefix))
  const others = protocols.filter(protocol => !protocol.startsWith(protocolPrefix))
  const encoded = carriers[0]?.slice(protocolPrefix.length) ?? ''
  if (carriers.length > 1 || !/^[A-Za-z0-9_-]*$/.test(encoded)) return 'invalid'
  const token = Buffer.from(encoded, 'base64url').toString()
  if (!token) return undefined
  if (!others.length || token.includes('\uFFFD')) return 'invalid'
  request.headers['sec-websocket-protocol'] = others.join(',')
  return { token }
}
