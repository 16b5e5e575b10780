/** Who sends a request: whom a proxy in front names, else a client certificate, else a bearer token, else nobody in particular. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { unauthorized } from '../../machinery/status-error.js'
import { headerToken, takeProtocolToken } from './bearer-token.js'
import { certificatesOf } from './certificate-chain.js'
import { readingOnce } from './certificate-memory.js'
import { type CertificateIdentity, identifyCertificate } from './client-certificate.js'
import type { AuthenticationConfig } from './configuration.js'
import { newRequestHeaderAuthenticator, type ProxyIdentity } from './request-header.js'
import { InvalidToken, type TokenAuthenticator, withAuthenticatedGroup } from './token-authenticator.js'
import { anonymous } from './user.js'

type Connection = IncomingMessage & { stream?: { session?: object }; socket: TLSSocket }
type Warn = (message: string) => void

export type Authenticate = (request: IncomingMessage, warn?: Warn) => UserInfo | Promise<UserInfo>

/** What a connection's certificate says, read once. */
interface Shown {
  certificate: CertificateIdentity
  proxy: ProxyIdentity
}

interface RequestAuthenticatorConfig extends Pick<AuthenticationConfig, 'requestHeader' | 'anonymous'> {
  /** PEM of who signs users' certificates. */
  clientCa: string
}

/** Throws 401 for a certificate or token that is not good; a request without either is anonymous, where that is allowed. */
export function newRequestAuthenticator(
  clock: Clock,
  tokens: TokenAuthenticator,
  { requestHeader, anonymous: anonymousAllowed = true, clientCa }: RequestAuthenticatorConfig,
): Authenticate {
  const connections = new WeakMap<object, Shown>()
  const front = requestHeader && newRequestHeaderAuthenticator(requestHeader)
  // With a proxy in front TLS trusts its authority too.
  const authorities = front && certificatesOf(clientCa)

  const shownOn = readingOnce<Shown>(
    socket => ({ certificate: identifyCertificate(socket, authorities), proxy: front?.identify(socket) ?? 'none' }),
    ({ certificate, proxy }) => typeof certificate === 'object' || typeof proxy === 'object',
  )

  const shownBy = (request: Connection): Shown => {
    const connection = request.stream?.session ?? request.socket
    let shown = connections.get(connection)
    if (!shown) connections.set(connection, (shown = shownOn(request.socket)))
    return shown
  }

  const isCurrent = ({ notBefore, notAfter }: { notBefore: number; notAfter: number }) => {
    const now = clock.now()
    return now >= notBefore && now <= notAfter
  }

  /** The user of a token, or undefined where it is not good. */
  const byToken = (token: string, warn: Warn | undefined) =>
    tokens.authenticate(token, undefined, warn).then(
      found => found.user,
      error => {
        if (error instanceof InvalidToken) return undefined
        throw error
      },
    )

  /** The second token counts when the first is not good. */
  const byTokens = async (first: string, second: ReturnType<typeof takeProtocolToken>, warn: Warn | undefined) => {
    const user = first && (await byToken(first, warn))
    if (user) return user
    const other = typeof second === 'object' ? await byToken(second.token, warn) : undefined
    if (!other) throw unauthorized()
    return other
  }

  return (incoming, warn) => {
    const request = incoming as Connection
    const { certificate, proxy } = shownBy(request)
    if (typeof proxy === 'object' && proxy.allowed && isCurrent(proxy)) {
      const user = front?.userOf(request)
      if (user) return withAuthenticatedGroup(user)
    }
    if (typeof certificate === 'object' && isCurrent(certificate)) {
      delete request.headers.authorization
      return certificate.user
    }
    const token = headerToken(request, warn ?? (() => {}))
    delete request.headers.authorization
    const ofProtocol = takeProtocolToken(request)
    if (token || ofProtocol) return byTokens(token ?? '', ofProtocol, warn)
    // A certificate that names nobody is no fault; one that is not good is.
    const faulty = certificate !== 'none' || proxy === 'wrong' || (typeof proxy === 'object' && !proxy.allowed)
    if (faulty || !anonymousAllowed) throw unauthorized()
    return anonymous
  }
}
