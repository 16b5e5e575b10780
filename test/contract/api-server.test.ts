/** The API server on a real port: both protocols on one socket, client certificates, its end. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http2 from 'node:http2'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ApiServer } from '../../src/apiserver/server.js'
import { ensurePki, type Pki } from '../../src/cli/pki/pki.js'
import { startTestApiServer } from './start-api-server.js'

let directory: string
let pki: Pki

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minik8s-api-server-'))
  pki = await ensurePki({ directory, hosts: ['127.0.0.1', 'localhost'], now: Date.now() })
})
afterAll(() => rm(directory, { recursive: true }))

function start(): Promise<ApiServer> {
  return startTestApiServer(pki)
}

type Identity = { cert?: string; key?: string }
const admin = (): Identity => ({ cert: pki.admin.certificate, key: pki.admin.key })

interface Answer {
  code: number
  body: { kind?: string; message?: string; items?: unknown[]; status?: { userInfo?: object } }
}

function overHttp1(server: ApiServer, path: string, identity: Identity, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { ...identity, ca: pki.ca.certificate, method, agent: false, ALPNProtocols: ['http/1.1'] }
    const headers = { 'content-type': 'application/json' }
    const request = https.request(`${server.url}${path}`, { ...options, headers }, response => {
      let text = ''
      response.on('data', chunk => (text += chunk))
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
    request.on('error', reject).end(method === 'POST' ? '{}' : undefined)
  })
}

const connect = (server: ApiServer, identity: Identity) =>
  http2.connect(server.url, { ...identity, ca: pki.ca.certificate })

function overHttp2(session: http2.ClientHttp2Session, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    let code = 0
    let text = ''
    stream.on('response', headers => (code = Number(headers[':status'])))
    stream.on('data', chunk => (text += chunk))
    stream.on('end', () => resolve({ code, body: JSON.parse(text) })).on('error', reject)
  })
}

describe('a listening server', () => {
  let server: ApiServer
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  test('knows the administrator by certificate over HTTP/1.1', async () => {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const { code, body } = await overHttp1(server, path, admin(), 'POST')
    expect(code).toBe(201)
    expect(body.status?.userInfo).toMatchObject({
      username: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
    })
  })

  test('answers many requests on one HTTP/2 connection, Express among them', async () => {
    const session = connect(server, admin())
    const paths = ['/api/v1/namespaces', '/version', '/apis', '/api/v1/namespaces/default']
    const answers = await Promise.all(paths.map(path => overHttp2(session, path)))
    session.close()
    expect(answers.map(answer => answer.code)).toEqual([200, 200, 200, 200])
    expect(answers[0]?.body.items).toHaveLength(4)
  })

  test('lets nobody in without a certificate', async () => {
    expect(await overHttp1(server, '/api/v1/namespaces', {})).toMatchObject({ code: 403 })
    expect(await overHttp1(server, '/version', {})).toMatchObject({ code: 200 })
  })

  test.each([
    ['TLS 1.3, with the suite that Go prefers', {}, 'TLS_AES_128_GCM_SHA256'],
    // What wget of busybox before 1.37 comes down to.
    [
      'TLS 1.2 with SHA-1 signatures',
      { maxVersion: 'TLSv1.2', sigalgs: 'ECDSA+SHA1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'ECDHE-ECDSA-AES128-GCM-SHA256',
    ],
  ] as const)('agrees on %s', async (_, options, suite) => {
    const socket = tls.connect({ port: Number(new URL(server.url).port), ca: pki.ca.certificate, ...options })
    await once(socket, 'secureConnect')
    expect(socket.getCipher().name).toBe(suite)
    socket.destroy()
  })

  test('takes no certificate of another authority', async () => {
    const other = join(directory, 'other')
    const foreign = await ensurePki({ directory: other, hosts: ['127.0.0.1'], now: Date.now() })
    const identity = { cert: foreign.admin.certificate, key: foreign.admin.key }
    expect(await overHttp1(server, '/version', identity)).toMatchObject({ code: 401 })
  })
})

test('a server that stops ends watches and frees its port', async () => {
  const server = await start()
  const session = connect(server, admin())
  session.on('error', () => {})
  const stream = session.request({ ':path': '/api/v1/namespaces?watch=1' })
  const events: string[] = []
  stream.on('data', chunk => events.push(String(chunk)))
  await new Promise(resolve => stream.once('data', resolve))
  const ended = new Promise(resolve => stream.once('end', resolve))
  await server.stop()
  await ended
  expect(events.join('')).toContain('"type":"ADDED"')
  await expect(overHttp1(server, '/version', {})).rejects.toThrow('ECONNREFUSED')
})
