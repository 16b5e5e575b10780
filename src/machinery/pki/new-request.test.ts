import { createPrivateKey, createPublicKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { parseCertificateRequestPem } from './certificate-request.js'
import { newCertificateRequest } from './new-request.js'

test('a request reads back: names, key and a signature that holds', () => {
  const subject = { commonName: 'system:node:n1', organizations: ['system:nodes'] }
  const { request, key } = newCertificateRequest(subject)
  const read = parseCertificateRequestPem(Buffer.from(request).toString('base64'))
  expect(read.subject).toMatchObject(subject)
  expect(read.publicKey.equals(createPublicKey(createPrivateKey(key)))).toBe(true)
})
