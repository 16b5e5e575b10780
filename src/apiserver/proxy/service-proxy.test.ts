import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { newProxyFixture, type ProxyFixture, podAddress } from '../testing/proxy-fixture.js'

let server: ProxyFixture
beforeAll(async () => {
  server = await newProxyFixture()
  await server.createPod('q', '10.0.0.6')
  await createService('web', [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'none', port: 81, targetPort: 1 },
  ])
  await createEndpoints('web', [
    { addresses: [address('10.0.0.5', 'p'), address('10.0.0.6', 'q')], ports: [{ name: 'http', port: 8080 }] },
  ])
  await createService('bare', [{ port: 80, targetPort: 8080 }])
  await createEndpoints('bare', [{ addresses: [address('10.0.0.5', 'p')], ports: [{ port: 8080 }] }])
  await createService('foreign', [{ port: 80 }])
  await createEndpoints('foreign', [
    {
      addresses: [
        { ip: '10.0.0.5' },
        address('10.0.0.9', 'p'),
        address('10.0.0.5', 'gone'),
        address('10.0.0.5', 'p', 'other'),
      ],
      ports: [{ port: 80 }],
    },
  ])
  await createService('unready', [{ port: 80 }])
  await createEndpoints('unready', [{ notReadyAddresses: [address('10.0.0.5', 'p')], ports: [{ port: 80 }] }])
  await createService('empty', [{ port: 80 }])
  await createEndpoints('empty', [])
  await createService('new', [{ port: 80 }])
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.dialed.length = 0
})

const address = (ip: string, name: string, namespace = 'default') => ({
  ip,
  targetRef: { kind: 'Pod', name, namespace },
})
const createService = (name: string, ports: object[]) =>
  server.create('services', { metadata: { name }, spec: { ports } }, 'default')
const createEndpoints = (name: string, subsets: object[]) =>
  server.create('endpoints', { metadata: { name }, subsets }, 'default')
const services = '/api/v1/namespaces/default/services'

test.each(['bare', 'bare:80', 'http:bare:', 'http:bare:80'])('%s reaches the pod', async id => {
  const { body } = await server.agent().get(`${services}/${id}/proxy/x`).expect(200)
  expect(body).toMatchObject({ url: '/x', headers: { 'x-forwarded-uri': `${services}/${id}/proxy/x` } })
  expect(server.dialed).toEqual([`${podAddress}:8080`])
})

test.each(['web:http', 'web:80', 'http:web:http'])('%s reaches every ready pod in turn', async id => {
  for (let i = 0; i < 20; i++) await server.agent().post(`${services}/${id}/proxy`).expect(200)
  expect([...new Set(server.dialed)].sort()).toEqual(['10.0.0.5:8080', '10.0.0.6:8080'])
})

test.each([
  ['web', 503, 'no endpoints available for service "web"'],
  ['web:none', 503, 'no endpoints available for service "web:none"'],
  ['web:82', 503, 'no service port 82 found for service "web"'],
  ['foreign', 503, 'no endpoints available for service "foreign"'],
  ['unready', 503, 'no endpoints available for service "unready"'],
  ['empty', 503, 'no endpoints available for service "empty"'],
  ['new', 404, 'services "new" not found'],
  ['nope', 404, 'services "nope" not found'],
  ['nope:80', 404, 'services "nope" not found'],
  ['ftp:web:80', 400, 'invalid service request "ftp:web:80"'],
  ['a:b:c:d', 400, 'invalid service request "a:b:c:d"'],
])('%s is %i', async (id, code, message) => {
  const { body } = await server.agent().get(`${services}/${id}/proxy/x`).expect(code)
  expect(body).toMatchObject({ kind: 'Status', code, message })
  expect(server.dialed).toEqual([])
})
