/** Go's words for certificates that are not believed: people search for them. */

/** What OpenSSL calls it, as Go does. */
const certificateErrors: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'certificate has expired or is not yet valid',
}

/** Undefined where the error is about something else. */
export function certificateError({ code = '' }: NodeJS.ErrnoException, serverName: string): string | undefined {
  const known = certificateErrors[code]
  if (known) return `tls: failed to verify certificate: x509: ${known}`
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined
  return `tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match ${serverName}`
}
