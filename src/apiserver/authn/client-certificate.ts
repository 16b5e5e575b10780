/** Identity from a TLS client certificate: the common name is the user, the organizations are the groups. */
import { createHash, type X509Certificate } from 'node:crypto'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { UserInfo } from '../../machinery/request.js'
import { isSignedBy } from './certificate-chain.js'
import { authenticatedGroup } from './user.js'

/** `none` also for a certificate that names nobody; `invalid`: one that our authority did not sign, or with a bad UID. */
export type CertificateIdentity = { user: UserInfo; notBefore: number; notAfter: number } | 'none' | 'invalid'

/** Kubernetes' own attribute of a subject: what a new user of an old name does not share. */
const uidAttribute = '1.3.6.1.4.1.57683.2'

const asList = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

function identify(certificate: PeerCertificate): CertificateIdentity {
  const subject = certificate.subject as unknown as Record<string, string | string[] | undefined>
  const name = asList(subject.CN)[0]
  if (!name) return 'none'
  const uids = asList(subject[uidAttribute])
  if (uids.length > 1 || uids[0] === '') return 'invalid'
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex')
  return {
    user: {
      name,
      ...(uids[0] && { uid: uids[0] }),
      groups: [...asList(subject.O), authenticatedGroup],
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    },
    notBefore: Date.parse(certificate.valid_from),
    notAfter: Date.parse(certificate.valid_to),
  }
}

/**
 * Reads the socket once; keep the answer as long as the connection lives. `authorities`: where TLS trusts others too, those whose
 * certificates name users.
 */
export function identifyCertificate(socket: TLSSocket, authorities?: readonly X509Certificate[]): CertificateIdentity {
  if (typeof socket.getPeerCertificate !== 'function') return 'none'
  const certificate = socket.getPeerCertificate(authorities !== undefined)
  if (!certificate || !Object.keys(certificate).length) return 'none'
  const trusted = authorities ? isSignedBy(authorities, certificate) : socket.authorized
  return trusted ? identify(certificate) : 'invalid'
}
