/** Who asks, over real sockets: client certificates, a proxy in front, ID tokens of an issuer that is found by discovery. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, SignJWT } from 'jose'
import type { ApiServer } from '../../src/apiserver/server.js'
import { readApiServerConfig } from '../../src/cli/api-server-config.js'
import { ensurePki, type Pki } from '../../src/cli/pki/pki.js'
import {
  issueCertificate,
  type KeyPair,
  newAuthority,
  signCertificate,
  subjectOf,
} from '../../src/machinery/pki/certificates.js'
import { oid, sequence, set, utf8String } from '../../src/machinery/pki/der.js'
import { extendedKeyUsages } from '../../src/machinery/pki/extensions.js'
import { startTestApiServer } from './start-api-server.js'

const days = 1
const clientOf = (authority: KeyPair, commonName: string, organizations: string[] = []) =>
  issueCertificate(authority, { commonName, organizations, usage: 'client', now: Date.now(), days })

let directory: string
let pki: Pki
let front: KeyPair
let server: ApiServer
let issuer: https.Server
let issuerUrl: string
let issuerKey: KeyObject

/** A provider of ID tokens, with a certificate of the cluster's own authority. */
async function startIssuer(): Promise<void> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  issuerKey = keys.privateKey
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const { certificate, key } = pki.apiserver
  issuer = https.createServer({ cert: certificate, key }, (request, response) => {
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` },
      '/keys': { keys: [jwk] },
    }
    const found = documents[request.url ?? '']
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ?? {}))
  })
  await new Promise<void>(resolve => issuer.listen(0, '127.0.0.1', resolve))
  issuerUrl = `https://127.0.0.1:${(issuer.address() as AddressInfo).port}`
}

async function startServer(): Promise<void> {
  const write = async (name: string, text: string) => {
    await writeFile(join(directory, name), text)
    return join(directory, name)
  }
  const config = await readApiServerConfig({
    'token-auth-file': await write('tokens.csv', 'secret,bob,uid-1,"dev,ops"\n'),
    'oidc-issuer-url': issuerUrl,
    'oidc-client-id': 'kubernetes',
    'oidc-groups-claim': 'groups',
    'oidc-groups-prefix': 'oidc:',
    'oidc-ca-file': await write('issuer.crt', pki.ca.certificate),
    'requestheader-client-ca-file': await write('front.crt', front.certificate),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-uid-headers': 'X-Remote-Uid',
  })
  server = await startTestApiServer(pki, config)
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minik8s-authentication-'))
  pki = await ensurePki({ directory, hosts: ['127.0.0.1'], now: Date.now() })
  front = newAuthority('front-proxy-ca', Date.now(), days)
  await startIssuer()
  await startServer()
})
afterAll(async () => {
  await server.stop()
  issuer.close()
  await rm(directory, { recursive: true })
})

type Headers = Record<string, string | string[]>

/** The caller as the server sees it, or the status of a refusal. */
function whoAmI(headers: Headers, client?: KeyPair): Promise<unknown> {
  const options = { ca: pki.ca.certificate, ...(client && { cert: client.certificate, key: client.key }), agent: false }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  return new Promise((resolve, reject) => {
    const call = https.request(
      `${server.url}${path}`,
      { ...options, method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      response => {
        let text = ''
        response.on('data', chunk => (text += chunk))
        response.on('end', () =>
          resolve(response.statusCode === 201 ? JSON.parse(text).status.userInfo : response.statusCode),
        )
      },
    )
    call.on('error', reject)
    call.end('{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}')
  })
}

const zoe: Headers = {
  'x-remote-user': 'zoe',
  'x-remote-group': ['a', 'b'],
  'x-remote-uid': 'u9',
  'x-remote-extra-foo%2fbar': '1',
}

describe('a proxy in front', () => {
  test('names its users', async () => {
    const user = await whoAmI(zoe, clientOf(front, 'front-proxy-client'))
    expect(user).toEqual({
      username: 'zoe',
      uid: 'u9',
      groups: ['a', 'b', 'system:authenticated'],
      extra: { 'foo/bar': ['1'] },
    })
  })

  test('is none where its name or its authority is another', async () => {
    expect(await whoAmI(zoe, clientOf(front, 'someone'))).toBe(401)
    expect(await whoAmI(zoe, clientOf(pki.ca, 'front-proxy-client'))).toMatchObject({ username: 'front-proxy-client' })
    expect(await whoAmI(zoe)).toBe(403)
  })

  test('is nobody itself, unless it shows a token', async () => {
    const proxy = clientOf(front, 'front-proxy-client')
    expect(await whoAmI({}, proxy)).toBe(401)
    expect(await whoAmI({ authorization: 'Bearer secret' }, proxy)).toMatchObject({ username: 'bob', uid: 'uid-1' })
  })
})

test('a client certificate is its user', async () => {
  const user = await whoAmI({}, clientOf(pki.ca, 'alice', ['dev']))
  expect(user).toMatchObject({ username: 'alice', groups: ['dev', 'system:authenticated'] })
})

test('a client certificate may hold the id of its user', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const attribute = (type: string, value: string) => set(sequence(oid(type), utf8String(value)))
  const certificate = signCertificate({
    subject: sequence(attribute('2.5.4.3', 'carol'), attribute('1.3.6.1.4.1.57683.2', 'uid-of-carol')),
    issuer: subjectOf(pki.ca.certificate),
    publicKey,
    signingKey: createPrivateKey(pki.ca.key),
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 3_600_000,
    extensions: [extendedKeyUsages(['client'])],
  })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(await whoAmI({}, { certificate, key })).toMatchObject({ username: 'carol', uid: 'uid-of-carol' })
})

const idToken = (claims: object) =>
  new SignJWT({ groups: ['dev'], ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(issuerUrl)
    .setAudience('kubernetes')
    .setSubject('jane')
    .setExpirationTime('1h')
    .sign(issuerKey)

test('an ID token of the issuer is its user; one of another key is nobody', async () => {
  const user = await whoAmI({ authorization: `Bearer ${await idToken({})}` })
  expect(user).toEqual({ username: `${issuerUrl}#jane`, groups: ['oidc:dev', 'system:authenticated'] })
  issuerKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  expect(await whoAmI({ authorization: `Bearer ${await idToken({})}` })).toBe(401)
})
