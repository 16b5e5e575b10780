/** Certificates of PEM files, and whether a peer's chain ends in one of them. */
import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'

const blocks = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** The certificates of a PEM file. */
export const certificatesOf = (pem: string): X509Certificate[] =>
  (pem.match(blocks) ?? []).map(block => new X509Certificate(block))

/** Whether a chain, as the peer sent it, ends in one of these authorities. */
export function isSignedBy(authorities: readonly X509Certificate[], leaf: PeerCertificate): boolean {
  let current: X509Certificate | undefined = new X509Certificate(leaf.raw)
  let peer = leaf as PeerCertificate & { issuerCertificate?: PeerCertificate }
  for (let depth = 0; current && depth < 8; depth++) {
    const certificate: X509Certificate = current
    if (authorities.some(authority => certificate.checkIssued(authority) && certificate.verify(authority.publicKey)))
      return true
    const issuer = peer.issuerCertificate as typeof peer | undefined
    if (!issuer?.raw || issuer === peer) return false
    const next = new X509Certificate(issuer.raw)
    if (!certificate.verify(next.publicKey)) return false
    current = next
    peer = issuer
  }
  return false
}
