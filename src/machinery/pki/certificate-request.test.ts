import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { encodeRequest, newCertificateRequest } from '../testing/new-certificate-request.js'
import { parseCertificateRequest, parseCertificateRequestPem } from './certificate-request.js'
import { newAuthority } from './certificates.js'
import { signRequest } from './sign-request.js'

const names = {
  subject: 'O=system:nodes, O=Ünï, CN=system:node:n1',
  dnsNames: ['n1', 'n1.example.com'],
  ipAddresses: ['10.0.0.1', '2001:db8::1'],
  emails: ['a@example.com'],
  uris: ['spiffe://example.com/a'],
}

describe.each(['ec', 'rsa', 'ed25519'] as const)('a request signed with %s', algorithm => {
  test('tells subject and names, and its signature holds until a bit of it changes', async () => {
    const der = await newCertificateRequest({ ...names, algorithm })
    const request = parseCertificateRequest(der)
    expect(request.subject).toEqual({ commonName: 'system:node:n1', organizations: ['system:nodes', 'Ünï'] })
    const { dnsNames, ipAddresses, emailAddresses, uris } = request
    expect({ dnsNames, ipAddresses, emailAddresses, uris }).toEqual({
      dnsNames: names.dnsNames,
      ipAddresses: names.ipAddresses,
      emailAddresses: names.emails,
      uris: names.uris,
    })
    expect(() => request.checkSignature()).not.toThrow()
    const forged = Buffer.from(der)
    forged[der.indexOf('n1.example')] = 'm'.charCodeAt(0)
    expect(() => parseCertificateRequest(forged).checkSignature()).toThrow(/verification (error|failure)$/)
  })

  test('becomes a certificate for its key, signed by the authority', async () => {
    const now = Date.UTC(2026, 0, 1)
    const authority = newAuthority('test-ca', now, 3650)
    const request = parseCertificateRequest(await newCertificateRequest({ ...names, algorithm }))
    const pem = signRequest(authority, request, {
      keyUsages: ['digitalSignature', 'decipherOnly'],
      extendedUsages: ['client', 'server'],
      notBefore: now,
      notAfter: now + 3_600_000,
    })
    const certificate = new X509Certificate(pem)
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
    expect(certificate.publicKey.equals(request.publicKey)).toBe(true)
    expect(certificate.subject.split('\n')).toEqual(['O=system:nodes', 'O=Ünï', 'CN=system:node:n1'])
    expect(certificate.subjectAltName).toBe(
      'DNS:n1, DNS:n1.example.com, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, email:a@example.com, URI:spiffe://example.com/a',
    )
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(Date.parse(certificate.validTo)).toBe(now + 3_600_000)
  })
})

test.each([
  { name: 'no PEM', text: Buffer.from('x').toString('base64'), message: 'PEM block type must be CERTIFICATE REQUEST' },
  { name: 'nothing', text: encodeRequest(Buffer.alloc(0)), message: 'asn1: syntax error: sequence truncated' },
  {
    name: 'text',
    text: encodeRequest(Buffer.from('hello world')),
    message: expect.stringContaining("tags don't match (16 vs {class:1 tag:8 length:101 isCompound:true})"),
  },
  {
    name: 'an endless length',
    text: encodeRequest(Buffer.from([0x30, 0x80, 0, 0])),
    message: 'asn1: syntax error: indefinite length found (not DER)',
  },
  {
    name: 'an empty sequence',
    text: encodeRequest(Buffer.from([0x30, 0])),
    message: 'asn1: syntax error: sequence truncated',
  },
])('$name is no request', ({ text, message }) => {
  let said = ''
  try {
    parseCertificateRequestPem(text)
  } catch (error) {
    said = (error as Error).message
  }
  expect(said).toEqual(message)
})

test('whatever bytes are cut off or changed, there is an error and no crash', async () => {
  const der = await newCertificateRequest(names)
  for (let i = 0; i < der.length; i++) {
    expect(() => parseCertificateRequest(der.subarray(0, i))).toThrow(Error)
    const changed = Buffer.from(der)
    changed[i]! ^= 0x5a
    expect(() => parseCertificateRequest(changed).checkSignature()).toThrow(Error)
  }
})
