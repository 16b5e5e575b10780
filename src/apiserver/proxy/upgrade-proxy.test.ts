import { type Agent, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WebSocket, WebSocketServer } from 'ws'
import { newProxyFixture, type ProxyFixture } from '../testing/proxy-fixture.js'

let server: ProxyFixture
let front: { url: string; http: Server }
const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'chat' })
const asked: IncomingMessage[] = []

beforeAll(async () => {
  server = await newProxyFixture()
  front = await server.listen()
  server.backend.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    asked.push(request)
    if (request.url === '/deny') socket.end('HTTP/1.1 403 Forbidden\r\nx-why: so\r\ncontent-length: 3\r\n\r\nno!')
    else if (request.url === '/ok') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    else if (request.url === '/cut') socket.destroy()
    else
      sockets.handleUpgrade(request, socket, head, client => {
        client.send('welcome')
        client.on('message', (data, isBinary) => {
          if (String(data) === 'bye') client.close(4000, 'as asked')
          else client.send(data, { binary: isBinary })
        })
      })
  })
})
afterAll(async () => {
  front.http.closeAllConnections()
  front.http.close()
  await server[Symbol.asyncDispose]()
})

const pods = '/api/v1/namespaces/default/pods'
const authorization = () => ({ authorization: `Bearer ${server.adminToken}` })

function open(path: string): WebSocket {
  return new WebSocket(`${front.url.replace('http', 'ws')}${path}`, ['chat'], { headers: authorization() })
}

const next = (client: WebSocket) =>
  new Promise<string>((resolve, reject) => {
    client.once('message', data => resolve(String(data))).once('error', reject)
  })

/** The answer to a request to upgrade that is refused. */
async function refused(path: string, headers: Record<string, string> = authorization()) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
    const options = { headers: { ...headers, ...upgrade }, agent: false as unknown as Agent }
    httpRequest(`${front.url}${path}`, options, resolve).on('error', reject).end()
  })
  return { code: answer.statusCode, headers: answer.headers, text: await text(answer) }
}

test('a WebSocket speaks with the pod, both ways, until the pod closes it', async () => {
  const client = open(`${pods}/p/proxy/ws?left=behind`)
  expect(await next(client)).toBe('welcome')
  const large = 'x'.repeat(200_000)
  client.send(large)
  expect(await next(client)).toBe(large)
  const closed = new Promise(resolve => {
    client.once('close', (code, reason) => resolve([code, String(reason)]))
  })
  client.send('bye')
  expect(await closed).toEqual([4000, 'as asked'])
  const { url, headers } = asked.at(-1)!
  expect(url).toBe('/ws')
  expect(headers).toMatchObject({ upgrade: 'websocket', 'x-forwarded-for': '127.0.0.1' })
  expect(headers).not.toHaveProperty('authorization')
})

test('a client that goes takes its connection to the pod along', async () => {
  const client = open(`${pods}/p/proxy/ws`)
  await next(client)
  const gone = new Promise<void>(resolve => {
    asked.at(-1)!.socket.once('close', () => resolve())
  })
  client.terminate()
  await gone
})

test('a refusal is shown, and the connection not used again', async () => {
  const { code, headers, text: body } = await refused(`${pods}/p/proxy/deny`)
  expect({ code, body }).toEqual({ code: 403, body: 'no!' })
  expect(headers).toMatchObject({ 'x-why': 'so', connection: 'close' })
})

test.each([
  [`${pods}/p/proxy/ok`, 500, 'invalid upgrade response: status code 200'],
  [`${pods}/p/proxy/cut`, 500, 'unexpected EOF'],
  [`${pods}/p:1/proxy/ws`, 500, 'error dialing backend: dial tcp 10.0.0.5:1: connect: connection refused'],
  [`${pods}/nope/proxy/ws`, 404, 'pods "nope" not found'],
  ['/api/v1/nodes/nope/proxy/exec', 404, 'nodes "nope" not found'],
])('%s is %i', async (path, code, message) => {
  const answer = await refused(path)
  expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', code, message })
  expect(answer.code).toBe(code)
})

test('nobody in particular may not', async () => {
  expect((await refused(`${pods}/p/proxy/ws`, {})).code).toBe(403)
})
