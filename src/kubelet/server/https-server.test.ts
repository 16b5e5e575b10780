import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TokenReview } from '../../apis/generated/authentication-v1.js'
import type { SubjectAccessReview } from '../../apis/generated/authorization-v1.js'
import type { Client } from '../../client/client.js'
import type { Clock } from '../../machinery/clock.js'
import { issueCertificate, newAuthority } from '../../machinery/pki/certificates.js'
import type { Logger } from '../../telemetry/logger.js'
import { Callers } from './callers.js'
import { type KubeletServer, startKubeletServer } from './https-server.js'

const now = Date.now()
const clock: Clock = { now: () => now, monotonic: () => 0, after: () => ({ cancel() {} }) }
const log = { debug() {} } as unknown as Logger
const ca = newAuthority('test-ca', now, 1)
const serving = issueCertificate(ca, { commonName: 'node', usage: 'server', hosts: ['127.0.0.1'], now, days: 1 })
const client = (name: string, authority = ca) =>
  issueCertificate(authority, { commonName: name, organizations: ['staff'], usage: 'client', now, days: 1 })

const reviews: (TokenReview | SubjectAccessReview)[] = []
/** Knows the token `good`; lets `reader` read metrics, and staff everything. */
const api = {
  async create(_kind: unknown, object: TokenReview | SubjectAccessReview) {
    reviews.push(object)
    if ('token' in object.spec) {
      const authenticated = object.spec.token === 'good'
      return { ...object, status: { authenticated, ...(authenticated && { user: { username: 'reader' } }) } }
    }
    const { user, groups = [], resourceAttributes } = (object as SubjectAccessReview).spec
    const allowed = groups.includes('staff') || (user === 'reader' && resourceAttributes?.subresource === 'metrics')
    return { ...object, status: { allowed } }
  },
} as unknown as Client

let server: KubeletServer
beforeAll(async () => {
  server = await startKubeletServer(
    {
      callers: new Callers({ client: api, clock, nodeName: 'node-1' }),
      async answer({ path }) {
        const body = path === '/containerLogs/a/b/c' ? Readable.from(['line 1\n', 'line 2\n']) : `at ${path}`
        return { code: 200, contentType: 'text/plain', body }
      },
      async stream({ socket, subresource, target, query }) {
        socket.end(
          `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${JSON.stringify({ subresource, target, c: query.get('command') })}`,
        )
      },
      log,
    },
    { address: '127.0.0.1', port: 0, serving, clientCa: ca.certificate },
  )
})
afterAll(() => server.stop())

interface Call {
  token?: string
  certificate?: { certificate: string; key: string }
  method?: string
  headers?: Record<string, string>
}

async function call(path: string, { token, certificate, method = 'GET', headers = {} }: Call) {
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const request = httpsRequest({
      host: '127.0.0.1',
      port: server.port,
      path,
      method,
      ca: ca.certificate,
      agent: false,
      ...(certificate && { cert: certificate.certificate, key: certificate.key }),
      headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
    })
    request.once('response', resolve).once('error', reject).end()
  })
  return { code: answer.statusCode, body: await text(answer) }
}

describe('the kubelet lets in', () => {
  const stranger = newAuthority('other-ca', now, 1)
  test.each([
    ['nobody without credentials', '/pods', {}, 401, 'Unauthorized'],
    ['no token that is unknown', '/pods', { token: 'bad' }, 401, 'Unauthorized'],
    ['no certificate of another CA', '/pods', { certificate: client('x', stranger) }, 401, 'Unauthorized'],
    ['a token that may', '/metrics', { token: 'good' }, 200, 'at /metrics'],
    [
      'no token that may not',
      '/pods',
      { token: 'good' },
      403,
      'Forbidden (user=reader, verb=get, resource=nodes, subresource(s)=[pods proxy])\n',
    ],
    ['a certificate that may', '/pods', { certificate: client('admin') }, 200, 'at /pods'],
    ['a reader of logs', '/containerLogs/a/b/c', { certificate: client('admin') }, 200, 'line 1\nline 2\n'],
    [
      'no exec without an upgrade',
      '/exec/a/b/c',
      { certificate: client('admin'), method: 'POST' },
      400,
      'unable to upgrade: missing upgrade headers in request\n',
    ],
  ])('%s', async (_, path, how, code, body) => {
    expect(await call(path, how)).toEqual({ code, body })
  })

  test('who is remembered, without asking again', async () => {
    await call('/metrics', { token: 'good' })
    const asked = reviews.length
    await call('/metrics', { token: 'good' })
    expect(reviews).toHaveLength(asked)
  })

  const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1' }
  test('those who upgrade and may', async () => {
    const { body } = await call('/exec/shop/web/u-1/app?command=ls', { certificate: client('admin'), headers })
    expect(JSON.parse(body)).toEqual({
      subresource: 'exec',
      target: { namespace: 'shop', pod: 'web', uid: 'u-1', container: 'app' },
      c: 'ls',
    })
    expect((await call('/exec/shop/web/app', { token: 'good', headers })).code).toBe(403)
    expect((await call('/exec/shop/web', { certificate: client('admin'), headers })).code).toBe(404)
  })
})
