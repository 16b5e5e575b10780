import { get, type IncomingMessage } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { issueCertificate, newAuthority } from '../../machinery/pki/certificates.js'
import { type Echo, newProxyFixture, type ProxyFixture, podAddress } from '../testing/proxy-fixture.js'

let server: ProxyFixture
beforeAll(async () => {
  server = await newProxyFixture()
  await server.createPod('loopback', '127.0.0.1')
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.answer()
  server.dialed.length = 0
})

const pod = '/api/v1/namespaces/default/pods/p/proxy'

test.each(['get', 'post', 'put', 'patch', 'delete', 'options'] as const)('%s reaches the backend', async method => {
  const { body } = await server.agent()[method](`${pod}/a/b?x=%20/`).expect(200)
  expect(body as Echo).toMatchObject({ method: method.toUpperCase(), url: '/a/b?x=%20/', body: '' })
  expect(server.dialed).toEqual([`${podAddress}:8080`])
})

test('a HEAD has the headers and no body', async () => {
  const { headers, text } = await server.agent().head(`${pod}/x`).expect(200)
  expect(headers['content-type']).toBe('application/json')
  expect(text).toBeUndefined()
})

test.each(['get', 'head'] as const)('%s without a slash is sent to the path with one', async method => {
  await server.agent()[method](`${pod}?a=b`).redirects(0).expect(301).expect('location', `${pod}/?a=b`)
  expect(server.dialed).toEqual([])
})

test('other methods need no slash', async () => {
  const { body } = await server.agent().post(`${pod}?a=b`).send('hello').expect(200)
  expect(body as Echo).toMatchObject({ url: '/?a=b', body: 'hello' })
})

test('a body goes through, its length known or not', async () => {
  const large = 'x'.repeat(300_000)
  const { body } = await server.agent().put(`${pod}/x`).type('text').send(large).expect(200)
  expect(body.body).toBe(large)
  const request = server.agent().delete(`${pod}/x`).set('transfer-encoding', 'chunked')
  request.write('chunked')
  const { body: chunked } = await request.expect(200)
  expect(chunked).toMatchObject({ method: 'DELETE', body: 'chunked', headers: { 'transfer-encoding': 'chunked' } })
})

test('headers of the connection and of the server stay here, the client’s address is added', async () => {
  const { body } = await server
    .agent()
    .get(`${pod}/x/`)
    .set({ connection: 'x-bye', 'x-bye': '1', te: 'trailers', 'proxy-authorization': 'Basic x', cookie: 'a=b' })
    .set({ 'x-forwarded-for': '1.2.3.4', 'impersonate-user': 'system:serviceaccount:kube-system:admin' })
  const { headers } = body as Echo
  expect(headers).toMatchObject({
    te: 'trailers',
    cookie: 'a=b',
    host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    'x-forwarded-for': '1.2.3.4, 127.0.0.1',
    'x-forwarded-uri': `${pod}/x/`,
  })
  const names = Object.keys(headers)
  for (const name of ['authorization', 'impersonate-user', 'x-bye', 'proxy-authorization'])
    expect(names).not.toContain(name)
})

describe('answers', () => {
  test('lose the headers of their connection and those that open the server to other sites', async () => {
    server.answer((_, response) => {
      response.setHeader('connection', 'x-gone')
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      const headers = { 'x-gone': '1', 'x-kept': '1', 'access-control-allow-origin': '*', 'cache-control': 'max-age=5' }
      response.writeHead(418, headers).end('short and stout')
    })
    const { headers, status, text } = await server.agent().get(`${pod}/x`)
    expect({ status, text }).toEqual({ status: 418, text: 'short and stout' })
    expect(headers).toMatchObject({ 'x-kept': '1', 'set-cookie': ['a=1', 'b=2'] })
    expect(headers['cache-control']).toBe('no-cache, private, max-age=5')
    expect(headers).not.toHaveProperty('x-gone')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('that redirect lead through the proxy', async () => {
    server.answer((_, response) => response.writeHead(302, { location: '/foo?x=1' }).end())
    await server.agent().get(`${pod}/x`).redirects(0).expect(302).expect('location', `${pod}/foo?x=1`)
  })

  test('that redirect to nonsense are 500', async () => {
    server.answer((_, response) => response.writeHead(302, { location: '/%zz' }).end())
    const { body } = await server.agent().get(`${pod}/x`).redirects(0).expect(500)
    expect(body.message).toBe(
      'Internal error occurred: error trying to parse Location header: parse "/%zz": invalid URL escape "%zz"',
    )
  })

  test('that are pages have their links changed, compressed or not', async () => {
    const page = '<a href="/rewriteme">test</a>'
    const rewritten = `<a href="${pod}/rewriteme">test</a>`
    server.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': page.length }).end(page)
    })
    await server.agent().get(`${pod}/`).expect(200, rewritten)
    const { headers } = await server.agent().head(`${pod}/`).expect(200)
    expect(headers).not.toHaveProperty('content-length')
    server.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(gzipSync(page))
    })
    await server.agent().get(`${pod}/`).expect('content-encoding', 'gzip').expect(200, rewritten)
    const unknown = gunzipSync(gzipSync(page))
    server.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'x-own' }).end(unknown)
    })
    await server.agent().get(`${pod}/`).expect(200, page)
  })

  test('end with their trailers', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { trailer: 'x-sum' })
      response.write('a')
      response.addTrailers({ 'x-sum': '1' })
      response.end()
    })
    const { res } = (await server.agent().get(`${pod}/`).expect(200)) as unknown as { res: { trailers: object } }
    expect(res.trailers).toEqual({ 'x-sum': '1' })
  })

  test('that break off break off for the client', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('abc', () => response.destroy())
    })
    await expect(server.agent().get(`${pod}/`)).rejects.toThrow('aborted')
  })
})

describe('a request that cannot be passed on', () => {
  const pods = '/api/v1/namespaces/default/pods'
  const unavailable = 'error trying to reach service: dial tcp'
  test.each([
    [`${pods}/ftp:p:80/proxy/`, 400, 'invalid pod request "ftp:p:80"'],
    [`${pods}/a:b:c:d/proxy/`, 400, 'invalid pod request "a:b:c:d"'],
    [`${pods}/p:web/proxy/`, 400, 'invalid pod request "p:web"'],
    [`${pods}/nope/proxy/`, 404, 'pods "nope" not found'],
    [`${pods}/loopback/proxy/`, 400, 'address not allowed'],
    [`${pods}/p:1/proxy/`, 503, `${unavailable} ${podAddress}:1: connect: connection refused`],
    [`${pods}/p:99999/proxy/`, 503, `${unavailable}: address 99999: invalid port`],
    [
      `${pods}/https:p:8080/proxy/`,
      503,
      'error trying to reach service: tls: first record does not look like a TLS handshake',
    ],
    [`${pods}/p/proxy/x?dryRun=All`, 400, 'dryRun is not supported'],
    ['/api/v1/pods/p/proxy/x', 404, 'the server could not find the requested resource'],
    ['/api/v1/namespaces/default/nodes/n/proxy/x', 404, 'the server could not find the requested resource'],
    ['/api/v1/namespaces/default/configmaps/p/proxy/x', 404, 'the server could not find the requested resource'],
  ])('%s: %i', async (path, code, message) => {
    const { body } = await server.agent().get(path).expect(code)
    expect(body).toMatchObject({ kind: 'Status', code, message })
  })

  test('a method that is none of HTTP’s own is 405', () => server.agent().trace(`${pod}/x`).expect(405))

  test('a backend that hangs up is 503', async () => {
    server.answer(request => request.socket.destroy())
    const { body } = await server.agent().get(`${pod}/x`).expect(503)
    expect(body).toMatchObject({ reason: 'ServiceUnavailable', message: 'error trying to reach service: EOF' })
  })
})

test('the verb on the subresource decides who may', async () => {
  const rule = { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'], resourceNames: ['p', 'http:p:8080'] }
  const group = 'rbac.authorization.k8s.io'
  const path = { verb: 'create' as const, group, namespace: 'default' }
  await server.createAccount('default', 'reader')
  await server.call({ ...path, resource: 'roles', body: { metadata: { name: 'reader' }, rules: [rule] } })
  const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }]
  const roleRef = { apiGroup: group, kind: 'Role', name: 'reader' }
  await server.call({ ...path, resource: 'rolebindings', body: { metadata: { name: 'reader' }, subjects, roleRef } })
  server.answer((_, response) => response.end('ok'))
  const reader = server.agent(await server.tokenOf('default', 'reader'))
  await reader.get(`${pod}/`).expect(200)
  await reader.get('/api/v1/namespaces/default/pods/http:p:8080/proxy/').expect(200)
  await reader.get('/api/v1/namespaces/default/pods/p:1/proxy/').expect(403)
  const { body } = await reader.post(`${pod}/`).expect(403)
  expect(body.message).toContain('cannot create resource "pods/proxy"')
})

test('an answer that does not end arrives as it comes, and ends with its client', async () => {
  const closed = new Promise<void>(resolve => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
      response.on('close', resolve)
    })
  })
  const { url, http } = await server.listen()
  const headers = { authorization: `Bearer ${server.adminToken}` }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}${pod}/events`, { headers }, resolve).on('error', reject)
  })
  for await (const chunk of answer) {
    expect(String(chunk)).toBe('data: 1\n\n')
    break
  }
  await closed
  http.close()
})

test('https to a certificate that nobody vouches for', async () => {
  const now = Date.now()
  const authority = await newAuthority('nobody', now, 1)
  const request = { now, days: 1, commonName: 'pod', usage: 'server' as const, hosts: ['pod'] }
  const { key, certificate } = await issueCertificate(authority, request)
  await using secure = await newProxyFixture({ tls: { key, cert: certificate } })
  const { body } = await secure.agent().get('/api/v1/namespaces/default/pods/https:p:443/proxy/x').expect(200)
  expect(body.url).toBe('/x')
})
