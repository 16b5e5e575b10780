/** Identity from the headers of a proxy in front, which shows by its certificate that it may speak for others. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { UserInfo } from '../../machinery/request.js'
import { certificatesOf, isSignedBy } from './certificate-chain.js'
import type { RequestHeaderConfig } from './configuration.js'
import { decodeExtraKey, headerValues } from './header-values.js'

/** `wrong`: a certificate that is not the proxy's. */
export type ProxyIdentity = { allowed: boolean; notBefore: number; notAfter: number } | 'none' | 'wrong'

const firstOf = (request: IncomingMessage, names: readonly string[]): string => {
  for (const name of names) {
    const [value] = headerValues(request.rawHeaders, name)
    if (value) return value
  }
  return ''
}

export interface RequestHeaderAuthenticator {
  /** Reads the socket once; keep the answer as long as the connection lives. */
  identify(socket: TLSSocket): ProxyIdentity
  /** The user that the headers name; undefined when they name none. Takes the headers away. */
  userOf(request: IncomingMessage): UserInfo | undefined
}

export function newRequestHeaderAuthenticator(config: RequestHeaderConfig): RequestHeaderAuthenticator {
  const authorities = certificatesOf(config.clientCa)
  const { allowedNames, usernameHeaders, uidHeaders, groupHeaders } = config
  const prefixes = config.extraHeaderPrefixes.map(prefix => prefix.toLowerCase())
  const plain = new Set([...usernameHeaders, ...uidHeaders, ...groupHeaders].map(name => name.toLowerCase()))

  const extraOf = (request: IncomingMessage) => {
    const extra: Record<string, string[]> = {}
    for (const prefix of prefixes)
      for (const name of Object.keys(request.headers)) {
        if (!name.startsWith(prefix)) continue
        const key = decodeExtraKey(name.slice(prefix.length))
        extra[key] = [...(extra[key] ?? []), ...headerValues(request.rawHeaders, name)]
      }
    return extra
  }

  return {
    identify(socket) {
      if (typeof socket.getPeerCertificate !== 'function') return 'none'
      const certificate = socket.getPeerCertificate(true)
      if (!certificate || !Object.keys(certificate).length) return 'none'
      if (!isSignedBy(authorities, certificate)) return 'wrong'
      const { CN } = certificate.subject as unknown as { CN?: string | string[] }
      const name = Array.isArray(CN) ? CN[0] : CN
      return {
        allowed: !allowedNames.length || allowedNames.includes(name ?? ''),
        notBefore: Date.parse(certificate.valid_from),
        notAfter: Date.parse(certificate.valid_to),
      }
    },
    userOf(request) {
      const name = firstOf(request, usernameHeaders)
      if (!name) return undefined
      const uid = firstOf(request, uidHeaders)
      const groups = groupHeaders.flatMap(header => headerValues(request.rawHeaders, header)).filter(Boolean)
      const extra = extraOf(request)
      for (const header of Object.keys(request.headers))
        if (plain.has(header) || prefixes.some(prefix => header.startsWith(prefix))) delete request.headers[header]
      return { name, groups, ...(uid && { uid }), ...(Object.keys(extra).length && { extra }) }
    },
  }
}
