/** Issues the certificate that a signing request asks for: its names and its key, with the usages and the time that the signer grants. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import type { CertificateRequest } from './certificate-request.js'
import { type KeyPair, keyIdentifier, signCertificate, subjectOf } from './certificates.js'
import {
  authorityKeyIdentifier,
  basicConstraints,
  type ExtendedUsage,
  extendedKeyUsages,
  type KeyUsage,
  keyUsageOf,
  subjectAltNamesOf,
} from './extensions.js'

export interface Grant {
  keyUsages: readonly KeyUsage[]
  extendedUsages: readonly ExtendedUsage[]
  /** Milliseconds since the epoch. */
  notBefore: number
  notAfter: number
}

/** PEM. A subject without names makes the alternative ones critical (RFC 5280, 4.2.1.6). */
export function signRequest(authority: KeyPair, request: CertificateRequest, grant: Grant): string {
  const { keyUsages, extendedUsages, notBefore, notAfter } = grant
  const emptySubject = request.rawSubject.length <= 2
  return signCertificate({
    subject: request.rawSubject,
    issuer: subjectOf(authority.certificate),
    publicKey: request.publicKey,
    signingKey: createPrivateKey(authority.key),
    notBefore,
    notAfter,
    extensions: [
      ...(keyUsages.length ? [keyUsageOf(keyUsages)] : []),
      ...(extendedUsages.length ? [extendedKeyUsages(extendedUsages)] : []),
      basicConstraints(false),
      authorityKeyIdentifier(keyIdentifier(createPublicKey(authority.certificate))),
      ...(request.rawAltNames ? [subjectAltNamesOf(request.rawAltNames, emptySubject)] : []),
    ],
  })
}

/** When the authority itself ends; milliseconds since the epoch. */
export const authorityEnd = (authority: KeyPair): number =>
  Date.parse(new X509Certificate(authority.certificate).validTo)
