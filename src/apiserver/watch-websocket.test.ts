import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

let server: ServerFixture
beforeEach(async () => {
  server = await newServerFixture()
})
afterEach(() => server[Symbol.asyncDispose]())

const path = '/api/v1/namespaces/default/configmaps?watch=1'
const protobuf = 'application/vnd.kubernetes.protobuf'

const create = (name: string) =>
  server.agent().post('/api/v1/namespaces/default/configmaps').send({ metadata: { name } }).expect(201)

interface Message {
  data: Buffer
  binary: boolean
}

async function openSocket(target: string, protocols: string[] = [], headers: Record<string, string> = {}) {
  const { url, http } = await server.listen()
  const ws = new WebSocket(`${url.replace('http', 'ws')}${target}`, protocols, {
    origin: url,
    headers: { authorization: `Bearer ${server.adminToken}`, ...headers },
  })
  const messages: Message[] = []
  const waiting: (() => void)[] = []
  ws.on('message', (data: Buffer, binary: boolean) => {
    messages.push({ data, binary })
    waiting.shift()?.()
  })
  await once(ws, 'open')
  return {
    ws,
    async next() {
      if (!messages.length) await new Promise<void>(resolve => waiting.push(resolve))
      return messages.shift()!
    },
    async close() {
      ws.close()
      if (ws.readyState !== ws.CLOSED) await once(ws, 'close')
      http.close()
    },
  }
}

test('each event is a text', async () => {
  await create('a')
  const socket = await openSocket(path)
  const first = await socket.next()
  expect(first.binary).toBe(false)
  expect(JSON.parse(first.data.toString())).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } })
  await create('b')
  expect(JSON.parse((await socket.next()).data.toString()).object.metadata.name).toBe('b')
  await socket.close()
})

test('protobuf comes in binary messages, without the length of frames', async () => {
  await create('a')
  const socket = await openSocket(path, ['binary.k8s.io'], { accept: protobuf })
  expect(socket.ws.protocol).toBe('binary.k8s.io')
  const { data, binary } = await socket.next()
  expect(binary).toBe(true)
  expect(data.subarray(0, 7).toString()).toBe('\n\x05ADDED')
  await socket.close()
})

test('a watch that is over says goodbye', async () => {
  const socket = await openSocket(`${path}&resourceVersion=1&timeoutSeconds=1`)
  const closed = once(socket.ws, 'close')
  await Promise.resolve()
  server.clock.advance(1000)
  expect((await closed)[0]).toBe(1000)
  await socket.close()
})

const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
  origin: 'https://page',
}

const refusals: [string, Record<string, string>, number][] = [
  ['no origin', { origin: '' }, 403],
  ['an origin that is no address', { origin: 'null' }, 403],
  ['two subprotocols', { 'sec-websocket-protocol': 'a, b' }, 400],
  ['an old version', { 'sec-websocket-version': '8' }, 400],
  ['no key', { 'sec-websocket-key': '' }, 400],
]

async function refusalOf(headers: Record<string, string>): Promise<number | undefined> {
  const { url, http } = await server.listen()
  const all = { authorization: `Bearer ${server.adminToken}`, ...handshake, ...headers }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(`${url}${path}`, { headers: all }, resolve).on('error', reject).end()
  })
  response.resume()
  http.close()
  return response.statusCode
}

test.each(refusals)('a handshake with %s is refused', async (_, headers, code) => {
  expect(await refusalOf(headers)).toBe(code)
})
