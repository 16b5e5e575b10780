import 'reflect-metadata'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { connect, createServer } from 'node:tls'
import { describe, expect, test } from '@jest/globals'
import * as x509 from '@peculiar/x509'
import { issueCertificate, newAuthority } from './certificates.js'

const now = Date.UTC(2026, 0, 31, 12)
const ca = newAuthority('test-ca', now, 3650)
const hosts = ['kubernetes.default.svc', 'localhost', '127.0.0.1', '::1', '10.96.0.1']
const server = issueCertificate(ca, { commonName: 'kube-apiserver', usage: 'server', hosts, now, days: 365 })
const client = issueCertificate(ca, {
  ...{ commonName: 'Ünï/admin', organizations: ['system:masters', 'b'], usage: 'client', now, days: 365 },
})

describe('a certificate', () => {
  test('of an authority is its own issuer and may sign', () => {
    const parsed = new X509Certificate(ca.certificate)
    expect(parsed.ca).toBe(true)
    expect(parsed.subject).toBe('CN=test-ca')
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    expect(parsed.checkPrivateKey(createPrivateKey(ca.key))).toBe(true)
  })

  test('of a server names its hosts, is signed by the authority, and holds from an hour ago for its days', () => {
    const parsed = new X509Certificate(server.certificate)
    expect(parsed.ca).toBe(false)
    expect(parsed.checkIssued(new X509Certificate(ca.certificate))).toBe(true)
    expect(parsed.verify(createPublicKey(ca.certificate))).toBe(true)
    expect(parsed.subjectAltName).toBe(
      'DNS:kubernetes.default.svc, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:10.96.0.1',
    )
    expect(Date.parse(parsed.validFrom)).toBe(now - 3_600_000)
    expect(Date.parse(parsed.validTo)).toBe(now + 365 * 86_400_000)
  })

  test('of a client carries its groups', () => {
    const parsed = new X509Certificate(client.certificate).toLegacyObject().subject
    expect(parsed).toMatchObject({ CN: 'Ünï/admin', O: ['system:masters', 'b'] })
  })

  test('that ends after 2049 writes its year with four digits', () => {
    const { certificate } = newAuthority('long', now, 365 * 30)
    expect(new X509Certificate(certificate).validTo).toContain('2056')
  })

  test('reads the same in a library that knows all of X.509', () => {
    const [authority, leaf] = [new x509.X509Certificate(ca.certificate), new x509.X509Certificate(server.certificate)]
    expect(authority.getExtension(x509.KeyUsagesExtension)!.usages).toBe(
      x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    )
    expect(leaf.getExtension(x509.KeyUsagesExtension)!.usages).toBe(
      x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
    )
    expect(leaf.getExtension(x509.ExtendedKeyUsageExtension)!.usages).toEqual([x509.ExtendedKeyUsage.serverAuth])
    expect(leaf.getExtension(x509.AuthorityKeyIdentifierExtension)!.keyId).toBe(
      authority.getExtension(x509.SubjectKeyIdentifierExtension)!.keyId,
    )
    expect(leaf.issuer).toBe(authority.subject)
    expect(leaf.serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/)
  })
})

test('A TLS server and a client that trust the authority accept each other', async () => {
  const fresh = { now: Date.now(), days: 1 }
  const issuer = newAuthority('tls', fresh.now, 1)
  const its = issueCertificate(issuer, { commonName: 'server', usage: 'server', hosts: ['127.0.0.1'], ...fresh })
  const ours = issueCertificate(issuer, { commonName: 'me', organizations: ['g'], usage: 'client', ...fresh })
  const listener = createServer(
    { cert: its.certificate, key: its.key, ca: issuer.certificate, requestCert: true, rejectUnauthorized: true },
    socket => socket.end(String(socket.getPeerCertificate().subject.CN)),
  )
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  const socket = connect({ host: '127.0.0.1', port, ca: issuer.certificate, cert: ours.certificate, key: ours.key })
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  listener.close()
  expect(Buffer.concat(chunks).toString()).toBe('me')
})
