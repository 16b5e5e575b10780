/** How requests get on to backends: over HTTP/2 where these want it, in time, and with copies for others. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import { issueCertificate, newAuthority } from '../../machinery/pki/certificates.js'
import { silentLogger } from '../../telemetry/logger.js'
import { FrontDoor } from './front-door.js'
import type { HttpEndpoint } from './service-endpoints.js'
import { newHttpRule } from './testing/http-rule.js'

const now = Date.now()
const pair = issueCertificate(newAuthority('test', now, 1), {
  commonName: 'localhost',
  usage: 'server',
  hosts: ['localhost'],
  now,
  days: 1,
})
const clock = new FakeClock(now)
const host = '127.0.0.1'
const endpoints = new Map<string, HttpEndpoint[]>()
const door = new FrontDoor(
  {
    clock,
    random: new SeededRandom(1),
    log: silentLogger,
    endpointsOf: ({ service }) => ({
      isTls: false,
      isHttp2: service === 'grpc',
      endpoints: endpoints.get(service) ?? [],
    }),
    defaultCertificate: () => pair,
  },
  {
    addresses: [host],
    candidates: new Map([
      [80, [0]],
      [443, [0]],
    ]),
  },
)
const mirrors = [{ to: { namespace: 'default', service: 'listener', port: 80 }, share: 1 }]
const rules = [
  newHttpRule('/shop.Cart', 'grpc'),
  newHttpRule('/hang', 'echo', { deadlineMs: 1000 }),
  newHttpRule('/copied', 'echo', { filters: { mirrors } }),
]

/** Called when a request came that is not answered. */
let hung = () => {}
const echo: RequestListener = (request, response) => {
  if (request.url === '/hang') hung()
  else request.pipe(response)
}

/** Of HTTP/2 alone, as servers of gRPC are. */
function newGrpc(): Http2Server {
  const server = createHttp2()
  server.on('stream', (stream, headers) => {
    const status = { ':status': 200, 'content-type': 'application/grpc' }
    if (headers[':path'] === '/shop.Cart/Missing')
      return stream.respond({ ...status, 'grpc-status': '5' }, { endStream: true })
    stream.respond({ ...status, 'x-te': headers.te, 'x-authority': headers[':authority'] }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.pipe(stream)
  })
  return server
}

const servers: (Server | Http2Server)[] = []
async function listen(service: string, server: Server | Http2Server, before: readonly HttpEndpoint[] = []) {
  servers.push(server)
  await new Promise<void>(resolve => void server.listen(0, host, resolve))
  endpoints.set(service, [...before, { host, port: (server.address() as AddressInfo).port }])
}

let plain: number
let tls: number
/** What came to the one who only listens. */
let overheard: Promise<string>
beforeAll(async () => {
  await listen('echo', createServer(echo))
  overheard = new Promise(resolve => {
    const listener = createServer((request, response) => {
      let body = ''
      request.on('data', chunk => (body += chunk))
      request.on('end', () => {
        response.writeHead(500).end()
        resolve(`${request.method} ${request.url} ${body}`)
      })
    })
    servers.push(listener)
    listener.listen(0, host, () =>
      endpoints.set('listener', [{ host, port: (listener.address() as AddressInfo).port }]),
    )
  })
  // A port that nobody listens on any more comes first.
  const closed = createServer()
  await new Promise<void>(resolve => void closed.listen(0, host, resolve))
  const dead = { host, port: (closed.address() as AddressInfo).port }
  await new Promise(resolve => void closed.close(resolve))
  await listen('grpc', newGrpc(), [dead])
  const portOf = await door.set('test', {
    rules: [...rules, ...rules.map(own => ({ ...own, port: 443 }))],
    places: [
      { port: 80, isTls: false },
      { port: 443, isTls: true },
    ],
    again() {},
  })
  plain = portOf({ port: 80 })!
  tls = portOf({ port: 443 })!
})
afterAll(async () => {
  await door.stop()
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  }
})
const get = (path: string, init?: RequestInit) => fetch(`http://${host}:${plain}${path}`, init)

describe('gRPC', () => {
  /** Headers, body and trailers of an answer. */
  const call = (path: string, body: string, at = `https://127.0.0.1:${tls}`) =>
    new Promise<{ headers: object; text: string; trailers: object }>((resolve, reject) => {
      const session = connectHttp2(at, { rejectUnauthorized: false })
      session.on('error', reject)
      const stream = session.request({ ':method': 'POST', ':path': path, te: 'trailers' })
      const heard = { headers: {}, text: '', trailers: {} }
      stream.on('response', (headers, flags) => Object.assign(heard, { headers, isWhole: (flags & 1) === 1 }))
      stream.on('trailers', trailers => Object.assign(heard, { trailers }))
      stream.setEncoding('utf8').on('data', chunk => (heard.text += chunk))
      stream.on('end', () => {
        session.close()
        resolve(heard)
      })
      stream.end(body)
    })

  test('flows both ways over HTTP/2, with its trailers', async () => {
    const { headers, text, trailers } = await call('/shop.Cart/Add', 'message')
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'x-te': 'trailers' })
    expect(headers).toMatchObject({ 'x-authority': `127.0.0.1:${tls}` })
    expect(text).toBe('message')
    expect(trailers).toMatchObject({ 'grpc-status': '0' })
  })

  test('comes in without TLS as well', async () => {
    const { headers, text, trailers } = await call('/shop.Cart/Add', 'message', `http://127.0.0.1:${plain}`)
    expect(headers).toMatchObject({ ':status': 200, 'x-authority': `127.0.0.1:${plain}` })
    expect([text, trailers]).toMatchObject(['message', { 'grpc-status': '0' }])
  })

  test('an error without a body stays one', async () =>
    expect(await call('/shop.Cart/Missing', '')).toMatchObject({
      headers: { 'grpc-status': '5' },
      isWhole: true,
      text: '',
    }))

  test('clients of HTTP/1.1 are served as well', async () => {
    const response = await get('/shop.Cart/Add', { method: 'POST', body: 'message' })
    expect([response.status, await response.text()]).toEqual([200, 'message'])
  })
})

describe('what rules ask for', () => {
  test('an answer within a time', async () => {
    const arrived = new Promise<void>(resolve => {
      hung = resolve
    })
    const response = get('/hang')
    await arrived
    await clock.advance(1000)
    expect((await response).status).toBe(504)
  })

  test('copies for those who only listen', async () => {
    const response = await get('/copied', { method: 'POST', body: 'text' })
    expect(await response.text()).toBe('text')
    expect(await overheard).toBe('POST /copied text')
  })
})
