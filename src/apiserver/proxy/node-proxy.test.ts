import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { NodeApi } from '../../machinery/node-api.js'
import { newProxyFixture, type ProxyFixture } from '../testing/proxy-fixture.js'

const here: Partial<NodeApi> = {
  async answer({ method, path, query }) {
    const contentType = 'text/plain'
    if (path === '/stream') return { code: 200, contentType, body: Readable.from(['one ', 'two']) }
    return { code: path === '/nope' ? 404 : 200, contentType, body: `${method} ${path} ${query.get('tailLines')}` }
  },
}

let server: ProxyFixture
beforeAll(async () => {
  server = await newProxyFixture({ nodes: name => (name === 'here' ? (here as NodeApi) : undefined) })
  const status = (...addresses: [string, string][]) => ({
    addresses: addresses.map(([type, address]) => ({ type, address })),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  })
  const nodes = {
    here: status(['Hostname', 'here'], ['InternalIP', '10.1.0.1']),
    there: status(['ExternalIP', '10.1.0.9'], ['InternalIP', '10.1.0.2']),
    nowhere: status(['Hostname', 'nowhere']),
    inside: status(['InternalIP', '169.254.169.254']),
  }
  for (const [name, value] of Object.entries(nodes)) await server.create('nodes', { metadata: { name }, status: value })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.dialed.length = 0
})

const nodes = '/api/v1/nodes'

describe('a kubelet in this process', () => {
  test.each([
    ['here', '/healthz', 200, 'GET /healthz null'],
    ['here:10250', '/healthz', 200, 'GET /healthz null'],
    ['here', '/containerLogs/default/p/main?tailLines=3', 200, 'GET /containerLogs/default/p/main 3'],
    ['here', '/stream', 200, 'one two'],
    ['here', '/nope', 404, 'GET /nope null'],
  ])('%s%s is %i', async (id, path, code, text) => {
    await server.agent().get(`${nodes}/${id}/proxy${path}`).expect(code, text)
    expect(server.dialed).toEqual([])
  })

  test('is asked with other methods, too', () =>
    server.agent().post(`${nodes}/here/proxy/run/default/p/main`).expect(200, 'POST /run/default/p/main null'))
})

test.each(['here:9100', 'http:here:9100'])('%s is another port of the machine', async id => {
  const { body } = await server.agent().get(`${nodes}/${id}/proxy/metrics`).expect(200)
  expect(body.url).toBe('/metrics')
  expect(server.dialed).toEqual(['10.1.0.1:9100'])
})

test.each([
  ['there', 503, 'error trying to reach service: tls: first record does not look like a TLS handshake'],
  ['nowhere', 500, 'no preferred addresses found; known addresses: [{Hostname nowhere}]'],
  ['inside', 400, 'address not allowed'],
  ['inside:80', 400, 'address not allowed'],
  ['nope', 404, 'nodes "nope" not found'],
  ['here:x', 400, 'invalid node request "here:x"'],
  ['ftp:here:1', 400, 'invalid node request "ftp:here:1"'],
])('%s is %i', async (id, code, message) => {
  const { body } = await server.agent().get(`${nodes}/${id}/proxy/healthz`).expect(code)
  expect(body).toMatchObject({ kind: 'Status', code, message })
  if (id === 'there') expect(server.dialed).toEqual(['10.1.0.2:10250'])
})
