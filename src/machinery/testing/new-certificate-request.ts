/** Certificate signing requests for tests, made by a library that is not ours. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export interface RequestOptions {
  /** Such as `CN=jane, O=dev`. */
  subject: string
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
  emails?: readonly string[]
  uris?: readonly string[]
  algorithm?: 'ec' | 'rsa' | 'ed25519'
}

const algorithms = {
  ec: { keys: { name: 'ECDSA', namedCurve: 'P-384' }, signing: { name: 'ECDSA', hash: 'SHA-384' } },
  rsa: {
    keys: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      publicExponent: new Uint8Array([1, 0, 1]),
      modulusLength: 2048,
    },
    signing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
  ed25519: { keys: { name: 'Ed25519' }, signing: { name: 'Ed25519' } },
} as const

/** DER. */
export async function newCertificateRequest(options: RequestOptions): Promise<Buffer> {
  const { subject, dnsNames = [], ipAddresses = [], emails = [], uris = [], algorithm = 'ec' } = options
  const { keys, signing } = algorithms[algorithm]
  const pair = (await webcrypto.subtle.generateKey(keys, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const names: x509.JsonGeneralNames = [
    ...dnsNames.map(value => ({ type: 'dns' as const, value })),
    ...ipAddresses.map(value => ({ type: 'ip' as const, value })),
    ...emails.map(value => ({ type: 'email' as const, value })),
    ...uris.map(value => ({ type: 'url' as const, value })),
  ]
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys: pair,
    signingAlgorithm: signing,
    extensions: names.length ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  })
  return Buffer.from(request.rawData)
}

/** As spec.request of a CertificateSigningRequest holds it. */
export const encodeRequest = (der: Buffer, type = 'CERTIFICATE REQUEST'): string =>
  Buffer.from(`-----BEGIN ${type}-----\n${der.toString('base64')}\n-----END ${type}-----\n`).toString('base64')
