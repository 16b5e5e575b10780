import { createServer } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { forwardByRelay } from './port-forward.js'

test('a server that hangs up first is heard, though the caller still talks', async () => {
  const server = createServer(socket => socket.once('data', data => socket.end(`got ${data}`))).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const [readable, writable] = [new PassThrough(), new PassThrough()]
  readable.write('abc')
  const forwarding = forwardByRelay([], port, { readable, writable, signal: new AbortController().signal })
  expect(await text(writable)).toBe('got abc')
  readable.end()
  await forwarding
  server.close()
})
