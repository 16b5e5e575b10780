/**
 * Makes X.509 authorities and leaf certificates (RFC 5280) with EC P-256 keys.
 * Written by hand because a library for all of X.509 takes a quarter of a start to load: docs/decisions/0002-certificates-without-a-library.md.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { bitString, elementsOf, explicit, oid, positiveInteger, sequence, set, time, utf8String } from './der.js'
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsages,
  keyUsageOf,
  subjectAltNames,
  subjectKeyIdentifier,
} from './extensions.js'
import { encodePem } from './pem.js'

const dayMs = 86_400_000
/** Certificates are back-dated for clients whose clock is behind. */
const backDateMs = 3_600_000

/** A certificate and its key, both PEM. */
export interface KeyPair {
  certificate: string
  key: string
}

export interface LeafRequest {
  commonName: string
  /** Groups of a client; empty for a server. */
  organizations?: readonly string[]
  usage: 'client' | 'server'
  /** DNS names and IP addresses of a server. */
  hosts?: readonly string[]
  /** Milliseconds since the epoch. */
  now: number
  days: number
}

export interface CertificateContent {
  subject: Buffer
  issuer: Buffer
  publicKey: KeyObject
  signingKey: KeyObject
  /** Milliseconds since the epoch. */
  notBefore: number
  notAfter: number
  extensions: readonly Buffer[]
}

/** From an hour ago, for so many days. */
const validity = (now: number, days: number) => ({ notBefore: now - backDateMs, notAfter: now + days * dayMs })

export const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
const version3 = explicit(0, positiveInteger(Buffer.from([2])))
const [organization, commonName] = ['2.5.4.10', '2.5.4.3']

const attribute = (type: string, value: string): Buffer => set(sequence(oid(type), utf8String(value)))

/** A distinguished name: organizations, then the common name. */
export const nameOf = (subject: { commonName: string; organizations?: readonly string[] }): Buffer =>
  sequence(
    ...(subject.organizations ?? []).map(o => attribute(organization, o)),
    attribute(commonName, subject.commonName),
  )

/** 128 random bits with the top one clear and the next one set: a serial number is positive and of one length. */
function newSerialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes
}

const publicKeyInfo = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

/** SHA-1 of the key's bits, which are the last 65 of the encoding (RFC 5280, 4.2.1.2, method 1). */
export const keyIdentifier = (key: KeyObject): Buffer =>
  createHash('sha1').update(publicKeyInfo(key).subarray(-65)).digest()

/** PEM, signed by ECDSA with SHA-256. */
export function signCertificate(content: CertificateContent): string {
  const { subject, issuer, notBefore, notAfter } = content
  const toBeSigned = sequence(
    version3,
    positiveInteger(newSerialNumber()),
    ecdsaWithSha256,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKeyInfo(content.publicKey),
    explicit(3, sequence(...content.extensions)),
  )
  const signature = bitString(sign('sha256', toBeSigned, content.signingKey))
  return encodePem('CERTIFICATE', sequence(toBeSigned, ecdsaWithSha256, signature))
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A self-signed authority. */
export function newAuthority(name: string, now: number, days: number): KeyPair {
  const { publicKey, privateKey } = newKeys()
  const subject = nameOf({ commonName: name })
  const certificate = signCertificate({
    ...{ subject, issuer: subject, publicKey, signingKey: privateKey },
    ...validity(now, days),
    extensions: [
      basicConstraints(true),
      keyUsageOf(['digitalSignature', 'certificateSigning', 'crlSigning']),
      subjectKeyIdentifier(keyIdentifier(publicKey)),
    ],
  })
  return { certificate, key: keyPem(privateKey) }
}

/** The subject as it stands in the certificate: after version, serial number, algorithm, issuer and validity. */
export function subjectOf(certificate: string): Buffer {
  const [toBeSigned] = elementsOf(new X509Certificate(certificate).raw)
  return elementsOf(toBeSigned!)[5]!
}

/** A leaf signed by the authority, with the authority's key identifier in it. */
export function issueCertificate(authority: KeyPair, request: LeafRequest): KeyPair {
  const { usage, now, days, hosts = [] } = request
  const { publicKey, privateKey } = newKeys()
  const certificate = signCertificate({
    ...{ subject: nameOf(request), issuer: subjectOf(authority.certificate), publicKey },
    ...validity(now, days),
    signingKey: createPrivateKey(authority.key),
    extensions: [
      basicConstraints(false),
      keyUsageOf(['digitalSignature', 'keyEncipherment']),
      extendedKeyUsages([usage]),
      authorityKeyIdentifier(keyIdentifier(createPublicKey(authority.certificate))),
      ...(hosts.length ? [subjectAltNames(hosts)] : []),
    ],
  })
  return { certificate, key: keyPem(privateKey) }
}
