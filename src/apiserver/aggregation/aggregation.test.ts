/** Requests to groups of other servers, through a whole server, over TLS. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { newAuthority } from '../../machinery/pki/certificates.js'
import { type AggregationFixture, flunder, group, newAggregationFixture, until } from '../testing/extension-server.js'

let server: AggregationFixture
beforeEach(async () => {
  server = await newAggregationFixture()
})
afterEach(() => server[Symbol.asyncDispose]())

const root = `/apis/${group}/v1`
const flunders = `${root}/namespaces/default/flunders`

describe('a request', () => {
  test('goes to the extension server with the name of who asks', async () => {
    await server.register()
    const { body } = await server
      .agent()
      .post(`${flunders}?b=2&a=1`)
      .set({
        'x-remote-user': 'root',
        'x-remote-extra-x': 'y',
        connection: 'keep-alive',
        'keep-alive': 'x',
        'x-own': '1',
      })
      .send({ kind: 'Flunder' })
      .expect(200)
    expect(body).toMatchObject({
      method: 'POST',
      url: `${flunders}?b=2&a=1`,
      body: '{"kind":"Flunder"}',
      proxy: 'front-proxy-client',
    })
    expect(body.headers).toMatchObject({
      host: '10.0.0.9:8443',
      'x-remote-user': 'system:serviceaccount:kube-system:admin',
      'x-remote-group': 'system:serviceaccounts, system:serviceaccounts:kube-system, system:authenticated',
      'x-remote-uid': expect.any(String),
      'x-forwarded-uri': flunders,
      'x-forwarded-host': '10.0.0.9:8443',
      'x-forwarded-proto': 'https',
      'x-own': '1',
    })
    for (const gone of ['authorization', 'x-remote-extra-x', 'keep-alive'])
      expect(body.headers).not.toHaveProperty(gone)
  })

  test('goes for whom the administrator impersonates, in UTF-8', async () => {
    await server.register()
    const name = Buffer.from('system:admin/ü').toString('latin1')
    const groups = { 'impersonate-user': name, 'impersonate-group': 'system:masters', 'impersonate-extra-a%2fb': 'c' }
    const { body } = await server.agent().get(flunders).set(groups).expect(200)
    expect(body.headers).toMatchObject({ 'x-remote-user': name, 'x-remote-extra-a%2fb': 'c' })
    expect(body.headers['x-remote-group']).toBe('system:masters, system:authenticated')
    expect(body.headers).not.toHaveProperty('impersonate-user')
  })

  test('is authorized here first', async () => {
    await server.register()
    server.asked.length = 0
    const { body } = await server.agent('').get(flunders).expect(403)
    expect(body.message).toBe(
      `flunders.${group} is forbidden: User "system:anonymous" cannot list resource "flunders" in API group "${group}" in the namespace "default"`,
    )
    expect(server.asked).toEqual([])
  })

  test('is not sent elsewhere by a redirect', async () => {
    await server.register()
    server.answers.set(flunders, (_request, response) => {
      response.writeHead(302, { location: 'https://elsewhere.example.com/' })
      response.end()
    })
    const { text: answer } = await server.agent().get(flunders).expect(502)
    expect(answer).toBe('the backend attempted to redirect this request, which is not permitted')
  })

  test('to a server that is not available is 503', async () => {
    await server.createApiService()
    await server.agent().get(flunders).expect(503, 'service unavailable\n')
    await server.agent().get(root).expect(503, 'service unavailable\n')
  })

  test('to a server that has gone is 503 as well', async () => {
    await server.register()
    server.goDown()
    const answer = 'error trying to reach service: dial tcp 10.0.0.9:8443: connect: connection refused\n'
    await server.agent().get(flunders).expect(503, answer)
  })

  test('other versions of the group are not there', async () => {
    await server.register()
    await server.agent().get(`/apis/${group}/v2/flunders`).expect(404, '404 page not found\n')
  })
})

describe('the certificate of the extension server', () => {
  const other = newAuthority('other', Date.now(), 1)
  const bundle = (text: string) => Buffer.from(text).toString('base64')

  test('must be signed by the bundle', async () => {
    // The check of availability looks at no certificate.
    await server.register({ caBundle: bundle(other.certificate) })
    const answer =
      'error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n'
    await server.agent().get(flunders).expect(503, answer)
  })

  test('may be any where the APIService says so', async () => {
    await server.register({ caBundle: undefined, insecureSkipTLSVerify: true })
    await server.agent().get(flunders).expect(200)
  })
})

describe('a connection', () => {
  let front: Awaited<ReturnType<AggregationFixture['listen']>>
  beforeEach(async () => {
    front = await server.listen()
  })
  afterEach(() => {
    front.http.closeAllConnections()
    front.http.close()
  })
  const ask = (path: string, headers: Record<string, string>) =>
    httpRequest(`${front.url}${path}`, { headers: { authorization: `Bearer ${server.adminToken}`, ...headers } })
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }

  test('watches: events come as they happen', async () => {
    await server.register()
    let next = () => {}
    server.answers.set(flunders, (_request, response) => {
      response.write('{"type":"ADDED"}\n')
      next = () => response.end('{"type":"DELETED"}\n')
    })
    const answer = await new Promise<IncomingMessage>(resolve =>
      ask(`${flunders}?watch=1`, {}).on('response', resolve).end(),
    )
    const chunks = answer[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('{"type":"ADDED"}\n')
    next()
    expect(String((await chunks.next()).value)).toBe('{"type":"DELETED"}\n')
  })

  test('is upgraded, both ways, with the query', async () => {
    await server.register()
    const socket = await new Promise<Duplex>(resolve =>
      ask(`${flunders}/f/exec?command=ls`, upgrade)
        .on('upgrade', (_answer, upgraded, head) => {
          upgraded.unshift(head)
          resolve(upgraded)
        })
        .end(),
    )
    socket.write('echo')
    let seen = ''
    for await (const chunk of socket) {
      seen += chunk
      if (seen.endsWith('echo')) break
    }
    expect(seen).toBe('hello system:serviceaccount:kube-system:admin\necho')
    expect(server.asked).toContain(`${flunders}/f/exec?command=ls`)
  })

  test.each([
    ['of the server is shown', false, 403, 'no!'],
    [
      'for want of a server is text',
      true,
      503,
      'error dialing backend: dial tcp 10.0.0.9:8443: connect: connection refused\n',
    ],
  ])('a refusal %s', async (_name, down, code, words) => {
    await server.register()
    server.goDown(down)
    const answer = await new Promise<IncomingMessage>(resolve =>
      ask(`${flunders}/refused/exec`, upgrade).on('response', resolve).end(),
    )
    expect([answer.statusCode, await text(answer)]).toEqual([code, words])
  })
})

describe('the condition Available', () => {
  test('tells what is missing, and that it has come', async () => {
    await server.createApiService()
    const reasonIs = (reason: string) =>
      until(async () => {
        const condition = await server.conditionOf()
        return condition?.reason === reason && condition
      })
    expect((await reasonIs('ServiceNotFound')).message).toBe('service/wardle in "default" is not present')
    await server.createService()
    await reasonIs('EndpointsNotFound')
    server.answers.set(root, (_request, response) => void response.writeHead(404).end())
    await server.createSlice()
    const url = `https://10.0.0.9:8443${root}`
    expect((await reasonIs('FailedDiscoveryCheck')).message).toBe(
      `failing or missing response from ${url}: bad status from ${url}: 404`,
    )
    server.answers.delete(root)
    await server.clock.advance(10)
    expect((await reasonIs('Passed')).message).toBe('all checks passed')
  })

  test('is looked at again when nothing changes', async () => {
    await server.register()
    server.goDown()
    const condition = await until(async () => {
      await server.clock.advance(1000)
      const found = await server.conditionOf()
      return found?.status === 'False' && found
    })
    const url = `https://10.0.0.9:8443${root}`
    const metrics = await server.metrics.metrics()
    const labels = `name="v1.${group}"`
    expect(metrics).toContain(`aggregator_unavailable_apiservice{${labels}} 1`)
    expect(metrics).toContain(`aggregator_unavailable_apiservice_total{${labels},reason="FailedDiscoveryCheck"} 1`)
    expect(condition).toMatchObject({
      reason: 'FailedDiscoveryCheck',
      message: `failing or missing response from ${url}: Get "${url}": dial tcp 10.0.0.9:8443: connect: connection refused`,
    })
  })
})

describe('discovery', () => {
  const aggregated = async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { body } = await server.agent().get('/apis').set({ accept })
    return (body.items as { metadata: { name: string }; versions: unknown[] }[]).find(
      ({ metadata }) => metadata.name === group,
    )
  }
  const versions = [{ groupVersion: `${group}/v1`, version: 'v1' }]

  test('has the group, its versions and its resources', async () => {
    await server.register()
    const found = await until(async () => {
      const item = await aggregated()
      return JSON.stringify(item).includes('Current') && item
    })
    expect(found.versions).toEqual([{ version: 'v1', resources: [flunder], freshness: 'Current' }])
    const { body: list } = await server.agent().get('/apis').expect(200)
    expect(list.groups.find((item: { name: string }) => item.name === group)).toMatchObject({ versions })
    await server.agent().get(`/apis/${group}`).expect(200)
    await server.call({ verb: 'delete', group: 'apiregistration.k8s.io', resource: 'apiservices', name: `v1.${group}` })
    await until(async () => !(await aggregated()))
    await server.agent().get(`/apis/${group}`).expect(404)
  })

  test('tells that a server cannot be asked', async () => {
    await server.createApiService()
    expect((await until(aggregated)).versions).toEqual([{ version: 'v1', freshness: 'Stale' }])
    const { body: list } = await server.agent().get('/apis').expect(200)
    expect(list.groups.find((item: { name: string }) => item.name === group)).toMatchObject({ versions })
  })

  test('reads the lists of servers that know no other', async () => {
    server.answers.set('/apis', (_request, response) => void response.writeHead(404).end())
    server.answers.set(root, (_request, response) => {
      const resources = [
        { name: 'flunders', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
        { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['update'] },
      ]
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ kind: 'APIResourceList', groupVersion: `${group}/v1`, resources }))
    })
    await server.register()
    const found = await until(async () => {
      const item = await aggregated()
      return JSON.stringify(item).includes('Current') && item
    })
    const responseKind = { group: '', version: '', kind: 'Flunder' }
    const subresources = [{ subresource: 'status', responseKind, verbs: ['update'] }]
    expect(found.versions).toEqual([
      {
        version: 'v1',
        resources: [
          {
            resource: 'flunders',
            responseKind,
            scope: 'Namespaced',
            singularResource: '',
            verbs: ['get'],
            subresources,
          },
        ],
        freshness: 'Current',
      },
    ])
  })
})
