import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type WebSocket, WebSocket as WebSocketClient, WebSocketServer } from 'ws'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import { issueCertificate, newAuthority } from '../../machinery/pki/certificates.js'
import { silentLogger } from '../../telemetry/logger.js'
import { FrontDoor } from './front-door.js'
import type { HttpEndpoint } from './service-endpoints.js'
import { newHttpRule } from './testing/http-rule.js'

const now = Date.now()
const authority = newAuthority('test', now, 1)
const pairFor = (host: string) =>
  issueCertificate(authority, { commonName: host, usage: 'server', hosts: [host], now, days: 1 })

const clock = new FakeClock(now)
const endpoints = new Map<string, HttpEndpoint[]>()
const doorDeps = {
  clock,
  random: new SeededRandom(1),
  log: silentLogger,
  endpointsOf: ({ service }: { service: string }) => {
    const found = endpoints.get(service)
    return found && { isTls: false, endpoints: found }
  },
  defaultCertificate: (
    pair => () =>
      pair
  )(pairFor('fallback')),
}
const door = new FrontDoor(doorDeps, {
  addresses: ['127.0.0.1'],
  candidates: new Map([
    [80, [0]],
    [443, [0]],
  ]),
})

const rules = [
  newHttpRule('/', 'echo'),
  newHttpRule('/none', 'none'),
  newHttpRule('/missing', 'missing'),
  newHttpRule('/flaky', 'flaky'),
  newHttpRule('/moved', 'echo', {
    filters: { redirect: { status: 301, host: 'new', path: { type: 'prefix', value: '/x' } } },
  }),
  newHttpRule('/changed', 'echo', {
    filters: {
      rewritePath: { type: 'prefix', value: '/as' },
      requestHeaders: { set: [['X-Set', 'one']], add: [['x-set', 'two']], remove: ['x-gone'] },
      responseHeaders: { set: [['X-Answer', 'yes']], add: [], remove: ['x-echo'] },
    },
  }),
]

/** Tells what it was asked; streams where it is told to. */
function echo(request: IncomingMessage, response: import('node:http').ServerResponse): void {
  if (request.url === '/stream') {
    response.writeHead(200, { trailer: 'x-sum' })
    response.write('first\n')
    request.once('data', chunk => {
      response.write(chunk)
      response.addTrailers({ 'x-sum': '7' })
      response.end()
    })
    return
  }
  if (request.url === '/torn') {
    response.writeHead(200, { 'content-length': 100 })
    response.write('half', () => response.destroy())
    return
  }
  let body = ''
  request.on('data', chunk => (body += chunk))
  request.on('end', () => {
    response.setHeader('x-echo', 'here')
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
  })
}

let backend: Server
let sockets: WebSocketServer
let plain: number
let tls: number
const part = {
  rules: [...rules, ...rules.map(own => ({ ...own, port: 443 }))],
  places: [
    { port: 80, isTls: false },
    {
      ...{ port: 443, isTls: true },
      certificates: [
        { ...pairFor('a.test'), hosts: ['a.test'] },
        { ...pairFor('*.b.test'), hosts: ['*.b.test'] },
        { ...pairFor('*.c.test'), hosts: ['**.c.test'] },
      ],
    },
  ],
  again() {},
}

beforeAll(async () => {
  backend = createServer(echo)
  sockets = new WebSocketServer({ server: backend, path: '/socket' })
  sockets.on('connection', (socket: WebSocket) => socket.on('message', data => socket.send(`echo ${data}`)))
  await new Promise<void>(resolve => void backend.listen(0, '127.0.0.1', resolve))
  const at = { host: '127.0.0.1', port: (backend.address() as AddressInfo).port }
  // A port that nobody listens on any more.
  const closed = createServer()
  await new Promise<void>(resolve => void closed.listen(0, '127.0.0.1', resolve))
  const dead = { host: '127.0.0.1', port: (closed.address() as AddressInfo).port }
  await new Promise(resolve => void closed.close(resolve))
  endpoints.set('echo', [at])
  endpoints.set('flaky', [dead, at])
  endpoints.set('none', [])
  const portOf = await door.set('test', part)
  plain = portOf({ port: 80 })!
  tls = portOf({ port: 443 })!
})
afterAll(async () => {
  await door.stop()
  sockets.close()
  backend.closeAllConnections()
  await new Promise(resolve => void backend.close(resolve))
})

const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${plain}${path}`, init)
const echoed = async (path: string, init?: RequestInit) => (await (await get(path, init)).json()) as Echo
interface Echo {
  method: string
  url: string
  headers: Record<string, string>
  body: string
}

describe('requests', () => {
  test('go on as they are, with what is to be known of the client', async () => {
    const headers = { 'x-forwarded-for': 'forged', 'x-own': 'kept', cookie: 'a=1; b=2' }
    const seen = await echoed('/a%2Fb?q=%20', { method: 'POST', body: 'text', headers })
    expect(seen).toMatchObject({ method: 'POST', url: '/a%2Fb?q=%20', body: 'text' })
    const host = `127.0.0.1:${plain}`
    expect(seen.headers).toMatchObject({
      host,
      'x-own': 'kept',
      cookie: 'a=1; b=2',
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-host': host,
      'x-forwarded-port': String(plain),
      'x-forwarded-proto': 'http',
    })
  })

  test('are changed by filters, as is the answer', async () => {
    const response = await get('/changed/b?q=1', { headers: { 'x-gone': '1' } })
    const seen = (await response.json()) as Echo
    expect(seen.url).toBe('/as/b?q=1')
    expect(seen.headers['x-set']).toBe('one, two')
    expect(seen.headers).not.toHaveProperty('x-gone')
    expect(response.headers.get('x-answer')).toBe('yes')
    expect(response.headers.has('x-echo')).toBe(false)
  })

  test('are sent elsewhere', async () => {
    const response = await get('/moved/b?q=1', { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([301, `http://new:${plain}/x/b?q=1`])
  })

  test('go to the next endpoint where one refuses, bodies and all', async () => {
    for (let i = 0; i < 4; i++) expect((await echoed('/flaky', { method: 'POST', body: `${i}` })).body).toBe(`${i}`)
  })

  test('share connections to the pods', async () => {
    let connections = 0
    backend.on('connection', () => connections++)
    for (let i = 0; i < 5; i++) await echoed('/kept', { method: 'POST', body: 'x' })
    expect(connections).toBeLessThanOrEqual(1)
  })

  test.each([
    ['/none', 503, 'no pod of service default/none, port 80 is ready'],
    ['/missing', 503, 'there is no service default/missing, port 80'],
  ])('%s: %i', async (path, status, text) => {
    const response = await get(path)
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(text)
  })

  test('an answer that is not whole is not taken for one', async () => {
    await expect(get('/torn').then(response => response.text())).rejects.toThrow()
  })

  test('stream both ways, with trailers', async () => {
    const heard: string[] = []
    const trailers = await new Promise((resolve, reject) => {
      const request = httpRequest({ port: plain, host: '127.0.0.1', path: '/stream', method: 'POST' }, response => {
        response.setEncoding('utf8').on('data', chunk => {
          heard.push(chunk)
          // Sent only when the first part of the answer has come.
          if (heard.length === 1) request.end('second\n')
        })
        response.on('end', () => resolve(response.trailers))
      })
      request.on('error', reject)
      request.flushHeaders()
    })
    expect(heard.join('')).toBe('first\nsecond\n')
    expect(trailers).toEqual({ 'x-sum': '7' })
  })
})

describe('WebSockets', () => {
  test.each(['ws', 'wss'])('%s', async scheme => {
    const at = scheme === 'ws' ? plain : tls
    const client = new WebSocketClient(`${scheme}://127.0.0.1:${at}/socket`, { rejectUnauthorized: false })
    const heard = await new Promise((resolve, reject) => {
      client.on('open', () => client.send('hello'))
      client.on('message', data => resolve(String(data)))
      client.on('error', reject)
    })
    client.close()
    expect(heard).toBe('echo hello')
  })

  test('what the backend refuses is shown', async () => {
    const client = new WebSocketClient(`ws://127.0.0.1:${plain}/elsewhere`)
    const status = await new Promise(resolve => {
      client.on('unexpected-response', (_, response) => resolve(response.statusCode))
      client.on('error', () => {})
    })
    expect(status).toBe(400)
  })

  test('nobody there', async () => {
    const client = new WebSocketClient(`ws://127.0.0.1:${plain}/none`)
    const status = await new Promise(resolve => {
      client.on('unexpected-response', (_, response) => resolve(response.statusCode))
      client.on('error', () => {})
    })
    expect(status).toBe(503)
  })
})

describe('TLS', () => {
  test.each([
    ['a.test', 'a.test'],
    ['x.b.test', '*.b.test'],
    ['x.y.b.test', 'fallback'],
    ['x.y.c.test', '*.c.test'],
    ['c.test', 'fallback'],
    ['', 'fallback'],
  ])('"%s" is shown the certificate of %s', async (servername, expected) => {
    const options = { port: tls, host: '127.0.0.1', rejectUnauthorized: false, ...(servername && { servername }) }
    const subject = await new Promise(resolve => {
      const socket = connectTls(options, () => {
        resolve(socket.getPeerCertificate().subject.CN)
        socket.destroy()
      })
    })
    expect(subject).toBe(expected)
  })

  test('HTTP/2, with bodies', async () => {
    const session = connectHttp2(`https://127.0.0.1:${tls}`, { ca: authority.certificate, servername: 'a.test' })
    const stream = session.request({ ':method': 'PUT', ':path': '/two?q', ':authority': 'a.test', 'x-own': '1' })
    let text = ''
    const done = new Promise((resolve, reject) =>
      stream
        .on('data', c => (text += c))
        .on('end', resolve)
        .on('error', reject),
    )
    stream.end('body of two')
    await done
    session.close()
    const seen = JSON.parse(text) as Echo
    expect(seen).toMatchObject({ method: 'PUT', url: '/two?q', body: 'body of two' })
    expect(seen.headers).toMatchObject({ host: 'a.test', 'x-own': '1', 'x-forwarded-proto': 'https' })
  })

  test('HTTP/2: an answer that is not whole is not taken for one', async () => {
    const session = connectHttp2(`https://127.0.0.1:${tls}`, { ca: authority.certificate, servername: 'a.test' })
    const stream = session.request({ ':path': '/torn' })
    const code = await new Promise(resolve => stream.on('error', error => resolve(error.message)).resume())
    session.close()
    expect(code).toContain('NGHTTP2_INTERNAL_ERROR')
  })
})

describe.each([
  ['each with a listener of its own', ['127.0.0.1'], '127.0.0.2'],
  ['with one listener for all addresses', ['0.0.0.0'], '127.0.0.1'],
])('places of one port at several addresses, %s', (_, addresses, named) => {
  test('have rules of their own', async () => {
    const deps = { ...doorDeps, clock: new FakeClock(now) }
    const wide = new FrontDoor(deps, { addresses, candidates: new Map([[80, [0]]]) })
    const moved = (host: string) => ({ filters: { redirect: { status: 301, host } } })
    const portOf = await wide.set('test', {
      rules: [newHttpRule('/', 'echo', moved('own')), newHttpRule('/', 'echo', { address: named, ...moved('named') })],
      places: [
        { port: 80, isTls: false },
        { address: named, port: 80, isTls: false },
      ],
      again() {},
    })
    const hostAt = async (address: string, port = 0) => {
      const response = await fetch(`http://${address}:${port}/`, { redirect: 'manual' })
      return new URL(response.headers.get('location') ?? '').hostname
    }
    expect(await hostAt(named, portOf({ address: named, port: 80 }))).toBe('named')
    expect(await hostAt(named === '127.0.0.1' ? '127.0.0.3' : '127.0.0.1', portOf({ port: 80 }))).toBe('own')
    await wide.stop()
  })
})

test('a port is given up when nobody wants it any more', async () => {
  await door.set('test', { ...part, places: [{ port: 443, isTls: true }] })
  await expect(get('/')).rejects.toThrow()
  plain = (await door.set('test', part))({ port: 80 })!
  expect((await get('/')).status).toBe(200)
})

test('a port that is taken is tried again', async () => {
  const other = createServer()
  await new Promise<void>(resolve => void other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  let asked = 0
  const wanted = { ...part, rules: [], places: [{ port, isTls: false }], again: () => void asked++ }
  expect((await door.set('other', wanted))({ port })).toBeUndefined()
  await new Promise(resolve => void other.close(resolve))
  await clock.advance(5000)
  expect(asked).toBe(1)
  expect((await door.set('other', wanted))({ port })).toBe(port)
  await door.set('other', { ...wanted, places: [] })
})
