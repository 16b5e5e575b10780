import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import type { Clock } from '../../machinery/clock.js'
import { FakeClock } from '../../machinery/fake-clock.js'
import { connectBackend, newTcpDial } from './dial.js'

const never = new AbortController().signal

test.each([
  ['ECONNREFUSED', 'dial tcp [fd00::1]:80: connect: connection refused'],
  ['EHOSTUNREACH', 'dial tcp [fd00::1]:80: connect: no route to host'],
  ['ENETUNREACH', 'dial tcp [fd00::1]:80: connect: network is unreachable'],
  ['TIMEOUT', 'dial tcp [fd00::1]:80: i/o timeout'],
  ['ENOTFOUND', 'dial tcp: lookup fd00::1: no such host'],
  ['EOTHER', 'as it was'],
])('%s in Go’s words', async (code, message) => {
  const dial = () => Promise.reject(Object.assign(new Error('as it was'), { code }))
  await expect(connectBackend({ scheme: 'http', host: 'fd00::1' }, dial, never)).rejects.toThrow(message)
})

test('a TCP connection is made, or the reason told', async () => {
  const server = createServer(socket => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const clock = new FakeClock()
  const dial = newTcpDial(clock)
  const socket = await dial({ host: '127.0.0.1', port }, never)
  expect(socket.remotePort).toBe(port)
  socket.destroy()
  await new Promise(resolve => server.close(resolve))
  await expect(dial({ host: '127.0.0.1', port }, never)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('gives up after 30 seconds, or when nobody waits any more', async () => {
  const waits: number[] = []
  const hasty: Clock = Object.assign(new FakeClock(), {
    after(ms: number, callback: () => void) {
      waits.push(ms)
      callback()
      return { cancel() {} }
    },
  })
  const unanswered = newTcpDial(hasty)({ host: '127.0.0.1', port: 1 }, never)
  await expect(unanswered).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect(waits).toEqual([30_000])
  const dial = newTcpDial(new FakeClock())
  await expect(dial({ host: '127.0.0.1', port: 1 }, AbortSignal.abort())).rejects.toThrow('context canceled')
})
