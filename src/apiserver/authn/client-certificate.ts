/** Identity from a TLS client certificate: the common name is the user, the organizations are the groups. */
import { createHash } from 'node:crypto'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { UserInfo } from '../../machinery/request.js'
import { authenticatedGroup } from './user.js'

/** `invalid`: the client showed a certificate that our authority did not sign. */
export type CertificateIdentity = { user: UserInfo; notBefore: number; notAfter: number } | 'none' | 'invalid'

const asList = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

function identify(certificate: PeerCertificate): CertificateIdentity {
  const subject = certificate.subject as unknown as Record<string, string | string[] | undefined>
  const name = asList(subject.CN)[0]
  if (!name) return 'invalid'
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex')
  return {
    user: {
      name,
      groups: [...asList(subject.O), authenticatedGroup],
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    },
    notBefore: Date.parse(certificate.valid_from),
    notAfter: Date.parse(certificate.valid_to),
  }
}

/** Reads the socket once; keep the answer as long as the connection lives. */
export function identifyCertificate(socket: TLSSocket): CertificateIdentity {
  if (typeof socket.getPeerCertificate !== 'function') return 'none'
  const certificate = socket.getPeerCertificate()
  if (!certificate || !Object.keys(certificate).length) return 'none'
  return socket.authorized ? identify(certificate) : 'invalid'
}
