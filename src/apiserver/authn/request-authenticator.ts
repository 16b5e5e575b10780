/** Who sends a request: a client certificate, else a bearer token, else nobody in particular. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { unauthorized } from '../../machinery/status-error.js'
import { type CertificateIdentity, identifyCertificate } from './client-certificate.js'
import type { TokenAuthenticator } from './token-authenticator.js'
import { anonymous } from './user.js'

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'

/** Takes the token out of the request, so that it is neither logged nor passed on. */
export function takeBearerToken(request: IncomingMessage): string | undefined {
  const header = request.headers.authorization
  if (header) {
    delete request.headers.authorization
    const [scheme, token] = header.trim().split(/ +/)
    return scheme?.toLowerCase() === 'bearer' && token ? token : undefined
  }
  const protocols = request.headers['sec-websocket-protocol']
  if (!protocols?.includes(protocolPrefix)) return undefined
  const kept: string[] = []
  let token: string | undefined
  for (const protocol of protocols.split(',').map(p => p.trim())) {
    if (protocol.startsWith(protocolPrefix))
      token = Buffer.from(protocol.slice(protocolPrefix.length), 'base64url').toString()
    else kept.push(protocol)
  }
  request.headers['sec-websocket-protocol'] = kept.join(', ')
  return token
}

type Connection = IncomingMessage & { stream?: { session?: object }; socket: TLSSocket }

export type Authenticate = (request: IncomingMessage) => UserInfo | Promise<UserInfo>

/** Throws 401 for a certificate or token that is not good; a request without either is anonymous. */
export function newRequestAuthenticator(clock: Clock, tokens: TokenAuthenticator): Authenticate {
  const identities = new WeakMap<object, CertificateIdentity>()

  const certificateOf = (request: Connection): CertificateIdentity => {
    const connection = request.stream?.session ?? request.socket
    let identity = identities.get(connection)
    if (!identity) {
      identity = identifyCertificate(request.socket)
      identities.set(connection, identity)
    }
    return identity
  }

  return request => {
    const identity = certificateOf(request as Connection)
    if (typeof identity === 'object') {
      const now = clock.now()
      if (now >= identity.notBefore && now <= identity.notAfter) {
        delete request.headers.authorization
        return identity.user
      }
    }
    const hadHeader = request.headers.authorization !== undefined
    const token = takeBearerToken(request)
    if (token)
      return tokens.authenticate(token).then(
        found => found.user,
        () => {
          throw unauthorized()
        },
      )
    if (identity !== 'none' || hadHeader) throw unauthorized()
    return anonymous
  }
}
