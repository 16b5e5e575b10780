import { PassThrough, Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { StatusError } from '../../../machinery/status-error.js'
import { StreamingTestServer } from '../streaming-test-server.js'

async function start(logs: () => Promise<Readable>) {
  const server = new StreamingTestServer({ node: { logs }, subresource: 'log' })
  await server.listen()
  return server
}

const lines = async () => Readable.from([Buffer.from('one\n'), Buffer.from('two\n')])

test.each([{ protocols: ['binary.k8s.io'] }, { protocols: [] }])('binary messages: %j', async ({ protocols }) => {
  await using server = await start(lines)
  const client = await server.webSocket(protocols)
  expect(await client.closed).toBe(1000)
  expect(client.messages.map(String)).toEqual(['', 'one\n', 'two\n'])
})

test('base64 messages', async () => {
  await using server = await start(lines)
  const client = await server.webSocket(['base64.binary.k8s.io'])
  await client.closed
  expect(client.messages.map(m => Buffer.from(String(m), 'base64').toString())).toEqual(['', 'one\n', 'two\n'])
})

test('a client that leaves ends the log', async () => {
  const log = new PassThrough()
  await using server = await start(async () => log)
  const client = await server.webSocket(['binary.k8s.io'])
  client.ws.terminate()
  await server.served
  expect(log.destroyed).toBe(true)
})

test('no log is an HTTP error', async () => {
  const error = new StatusError(400, 'BadRequest', 'container "app" is waiting to start')
  await using server = await start(() => Promise.reject(error))
  const answer = await server.upgrade({ Upgrade: 'websocket' })
  expect(answer).toMatchObject({ code: 400, body: 'container "app" is waiting to start\n' })
})
