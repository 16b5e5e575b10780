/** Makes certificate signing requests (RFC 2986) with EC P-256 keys. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { ecdsaWithSha256, nameOf } from './certificates.js'
import { bitString, explicit, positiveInteger, sequence } from './der.js'
import { encodePem } from './pem.js'

const version1 = positiveInteger(Buffer.from([0]))
const noAttributes = explicit(0, Buffer.alloc(0))

/** A request and the key that it is for, both PEM. */
export function newCertificateRequest(subject: { commonName: string; organizations: readonly string[] }): {
  request: string
  key: string
} {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' })
  const toBeSigned = sequence(version1, nameOf(subject), publicKeyInfo, noAttributes)
  const signature = bitString(sign('sha256', toBeSigned, privateKey))
  return {
    request: encodePem('CERTIFICATE REQUEST', sequence(toBeSigned, ecdsaWithSha256, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
