/** The issued certificate in a CertificateSigningRequest's status: PEM of one certificate or more. */
import { X509Certificate } from 'node:crypto'
import { decodePem } from '../../machinery/pki/pem.js'

/** Why these are no certificates, in upstream's words; undefined when they are. `base64` is status.certificate. */
export function certificateError(base64: string | undefined): string | undefined {
  if (!base64) return undefined
  let count = 0
  let text = Buffer.from(base64, 'base64').toString('latin1')
  for (let block = decodePem(text); block; block = decodePem(text)) {
    if (block.type !== 'CERTIFICATE')
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(block.type)}`
    if (Object.keys(block.headers).length) return 'no PEM block headers are permitted'
    count++
    if (!block.bytes.length) return 'found CERTIFICATE PEM block containing 0 certificates'
    try {
      new X509Certificate(block.bytes)
    } catch {
      return 'x509: malformed certificate'
    }
    text = block.rest
  }
  return count ? undefined : 'must contain at least one CERTIFICATE PEM block'
}
