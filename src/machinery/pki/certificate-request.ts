/** PKCS #10 certificate signing requests (RFC 2986): what they ask for, and whether their signature holds. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { formatIp } from '../ip.js'
import { type DerElement, readElements, readOid, readSequence, readText, universal } from './der-reader.js'
import { decodePem } from './pem.js'

export interface CertificateRequest {
  subject: { commonName: string; organizations: readonly string[] }
  /** DER of the name. */
  rawSubject: Buffer
  publicKey: KeyObject
  dnsNames: readonly string[]
  ipAddresses: readonly string[]
  emailAddresses: readonly string[]
  uris: readonly string[]
  /** DER of the general names, in their order; undefined where there are none. */
  rawAltNames: Buffer | undefined
  /** Throws an Error with Go's words unless the key itself signed the request. */
  checkSignature(): void
}

type AltNames = Pick<CertificateRequest, 'dnsNames' | 'ipAddresses' | 'emailAddresses' | 'uris' | 'rawAltNames'>

const [commonNameId, organizationId] = ['2.5.4.3', '2.5.4.10']
const [extensionRequestId, altNamesId] = ['1.2.840.113549.1.9.14', '2.5.29.17']

/** Digest by signature algorithm; undefined for those that need none. */
const digests: Readonly<Record<string, { digest: string | undefined; family: 'rsa' | 'ec' | 'ed25519' }>> = {
  '1.2.840.113549.1.1.5': { digest: 'sha1', family: 'rsa' },
  '1.2.840.113549.1.1.11': { digest: 'sha256', family: 'rsa' },
  '1.2.840.113549.1.1.12': { digest: 'sha384', family: 'rsa' },
  '1.2.840.113549.1.1.13': { digest: 'sha512', family: 'rsa' },
  '1.2.840.10045.4.1': { digest: 'sha1', family: 'ec' },
  '1.2.840.10045.4.3.2': { digest: 'sha256', family: 'ec' },
  '1.2.840.10045.4.3.3': { digest: 'sha384', family: 'ec' },
  '1.2.840.10045.4.3.4': { digest: 'sha512', family: 'ec' },
  '1.3.101.112': { digest: undefined, family: 'ed25519' },
}
const failures = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
}

function readSubject(name: DerElement): CertificateRequest['subject'] {
  let commonName = ''
  const organizations: string[] = []
  for (const set of readElements(name.content))
    for (const pair of readElements(set.content)) {
      const [type, value] = readElements(pair.content)
      if (!type || !value) throw new Error('x509: invalid RDNSequence: invalid attribute')
      const id = readOid(type)
      if (id === commonNameId) commonName = readText(value)
      if (id === organizationId) organizations.push(readText(value))
    }
  return { commonName, organizations }
}

function readAltNames(value: Buffer | undefined): AltNames {
  const names = { dnsNames: [] as string[], ipAddresses: [] as string[], emailAddresses: [] as string[] }
  const uris: string[] = []
  if (!value) return { ...names, uris, rawAltNames: undefined }
  for (const { tag, content } of readSequence(value, 'asn1.RawValue').elements) {
    if (tag === 1) names.emailAddresses.push(content.toString('latin1'))
    if (tag === 2) names.dnsNames.push(content.toString('latin1'))
    if (tag === 6) uris.push(content.toString('latin1'))
    if (tag !== 7) continue
    if (content.length !== 4 && content.length !== 16)
      throw new Error(`x509: cannot parse IP address of length ${content.length}`)
    names.ipAddresses.push(formatIp({ family: content.length === 4 ? 4 : 6, bytes: content }))
  }
  return { ...names, uris, rawAltNames: value }
}

/** The value of the requested extension `id`. */
function requestedExtension(attributes: DerElement | undefined, id: string): Buffer | undefined {
  for (const attribute of attributes ? readElements(attributes.content) : []) {
    const [type, values] = readElements(attribute.content)
    if (!type || !values || readOid(type) !== extensionRequestId) continue
    for (const extensions of readElements(values.content))
      for (const extension of readElements(extensions.content)) {
        const [name, ...rest] = readElements(extension.content)
        if (name && readOid(name) === id) return rest.at(-1)?.content
      }
  }
  return undefined
}

function readPublicKey(info: DerElement): KeyObject {
  try {
    return createPublicKey({ key: info.raw, format: 'der', type: 'spki' })
  } catch {
    throw new Error('x509: failed to parse public key')
  }
}

/** Throws an Error with Go's words. */
export function parseCertificateRequest(der: Buffer): CertificateRequest {
  const outer = readSequence(der, 'certificateRequest')
  const [info, algorithm, signature] = outer.elements
  if (outer.raw.length < der.length) throw new Error('asn1: syntax error: trailing data')
  if (!info) throw new Error('asn1: syntax error: sequence truncated')
  const [version, name, key, attributes] = readSequence(info.raw, 'tbsCertificateRequest').elements
  if (!version || !name || !key || !algorithm || signature?.tag !== universal.bitString)
    throw new Error('asn1: syntax error: sequence truncated')
  if (signature.content[0] !== 0) throw new Error('asn1: syntax error: invalid padding bits in BIT STRING')
  const publicKey = readPublicKey(key)
  const [algorithmId] = readSequence(algorithm.raw, 'AlgorithmIdentifier').elements
  return {
    subject: readSubject(name),
    rawSubject: name.raw,
    publicKey,
    ...readAltNames(requestedExtension(attributes, altNamesId)),
    checkSignature() {
      const known = algorithmId && digests[readOid(algorithmId)]
      if (!known) throw new Error('x509: cannot verify signature: algorithm unimplemented')
      const { digest, family } = known
      if (publicKey.asymmetricKeyType !== family)
        throw new Error('x509: signature algorithm specifies another public key, but have another public key')
      if (!verify(digest, info.raw, publicKey, signature.content.subarray(1))) throw new Error(failures[family])
    },
  }
}

/** From base64 of PEM, as it stands in a CertificateSigningRequest. Throws an Error with upstream's words. */
export function parseCertificateRequestPem(base64: string): CertificateRequest {
  const block = decodePem(Buffer.from(base64, 'base64').toString('latin1'))
  if (block?.type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST')
  return parseCertificateRequest(block.bytes)
}
