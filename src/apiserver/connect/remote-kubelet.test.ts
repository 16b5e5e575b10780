import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect as connectTcp } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { issueCertificate, newAuthority } from '../../machinery/pki/certificates.js'
import { NodeMetricsAggregation } from '../node-metrics/with-node-metrics.js'
import { newServerFixture, podBody, type ServerFixture } from '../testing/server-fixture.js'

const now = Date.now()
const authority = newAuthority('ca', now, 1)
const pair = (commonName: string, usage: 'client' | 'server') =>
  issueCertificate(authority, { commonName, usage, now, days: 1 })

const usage = { cpu: { time: '2026-01-01T00:00:00Z', usageNanoCores: 250e6 }, memory: { workingSetBytes: 1024 ** 3 } }
const summary = { node: { nodeName: 'far', ...usage } }

/** A kubelet that tells who asked for what. */
let kubelet: Server
let server: ServerFixture
const nodeAddress = '192.0.2.7'

beforeAll(async () => {
  const serving = pair('kubelet', 'server')
  const options = { cert: serving.certificate, key: serving.key, ca: authority.certificate, requestCert: true }
  kubelet = createServer({ ...options, rejectUnauthorized: false }, (request, response) => {
    const caller = (request.socket as TLSSocket).getPeerCertificate().subject?.CN
    if (request.url === '/stats/summary?only_cpu_and_memory=true') return void response.end(JSON.stringify(summary))
    if (request.url?.includes('/broken')) return void response.writeHead(400).end('container "broken" waits')
    response.end(`${caller} ${request.method} ${request.url}\n`)
  })
  kubelet.on('upgrade', (request, socket) => {
    socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${request.url!.length}\r\n\r\n${request.url}`)
  })
  kubelet.listen(0, '127.0.0.1')
  await once(kubelet, 'listening')
  const { port } = kubelet.address() as AddressInfo
  const reaching = {
    nodes: () => undefined,
    kubeletClient: () => pair('kube-apiserver-kubelet-client', 'client'),
    // The address that the node tells leads to the test's own server.
    dial: async () => {
      const socket = connectTcp(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    },
  }
  server = await newServerFixture({
    ...reaching,
    aroundAggregator: (inner, rests) =>
      new NodeMetricsAggregation(inner, { ...reaching, rests, clock: new FakeClock() }),
  })
  const post = (path: string, body: object) => server.agent().post(path).send(body).expect(201)
  await post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'far' } })
  const status = {
    addresses: [{ type: 'InternalIP', address: nodeAddress }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  }
  await server
    .agent()
    .patch('/api/v1/nodes/far/status')
    .set('content-type', 'application/merge-patch+json')
    .send({ status })
    .expect(200)
  const containers = [
    { name: 'main', image: 'i' },
    { name: 'broken', image: 'i' },
  ]
  await post('/api/v1/namespaces/default/pods', podBody('p', { nodeName: 'far', containers }))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  kubelet.close()
})

const logs = (query: string) => server.agent().get(`/api/v1/namespaces/default/pods/p/log?${query}`)

test('logs come from the kubelet, which sees a certificate of the API server', async () => {
  const { text } = await logs('container=main&tailLines=3&follow=true').expect(200)
  expect(text).toMatch(/^kube-apiserver-kubelet-client GET \/containerLogs\/default\/p\/main\?/)
  expect(text).toContain('tailLines=3')
  expect(text).toContain('follow=true')
})

test('what the kubelet refuses is a status', async () => {
  const { body } = await logs('container=broken').expect(400)
  expect(body).toMatchObject({ reason: 'BadRequest', message: 'container "broken" waits' })
})

test('its other pages are reached by the node proxy', async () => {
  const { text } = await server.agent().get('/api/v1/nodes/far/proxy/stats/summary').expect(200)
  expect(text).toBe('kube-apiserver-kubelet-client GET /stats/summary\n')
})

test('what it uses is measured by the kubelet', async () => {
  const { body } = await server.agent().get('/apis/metrics.k8s.io/v1beta1/nodes').expect(200)
  expect(body.items).toMatchObject([
    { metadata: { name: 'far' }, window: '10s', usage: { cpu: '250m', memory: '1Gi' } },
  ])
})
