import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { container } from '../testing/pods.js'
import { resolvePort } from './check.js'
import { checkGrpc } from './grpc-check.js'
import { checkHttp, httpTarget } from './http-check.js'
import { checkTcp } from './tcp-check.js'

const open: (Server | Http2Server)[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    ;(server as Server).closeAllConnections?.()
    server.close()
  }
})

async function listen(server: Server | Http2Server): Promise<number> {
  open.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const signal = () => AbortSignal.timeout(2000)
const get = (port: number, path: string, over = {}) =>
  checkHttp(httpTarget({ port, path, ...over }, container('app'), '127.0.0.1', 'kube-probe/1.34'), signal())

test('HTTP: 2xx and 3xx are good, the rest is not', async () => {
  const port = await listen(
    createHttpServer((request, response) => {
      const code = Number(request.url?.slice(1))
      if (request.url === '/away') response.writeHead(302, { location: 'http://elsewhere.example/' })
      else if (request.url === '/here') response.writeHead(302, { location: '/200' })
      else response.writeHead(code)
      response.end(String(request.headers['user-agent']))
    }),
  )
  expect(await get(port, '/200')).toEqual({ outcome: 'success', output: 'kube-probe/1.34' })
  expect(await get(port, '/here')).toMatchObject({ outcome: 'success' })
  expect(await get(port, '/away')).toMatchObject({ outcome: 'warning' })
  expect(await get(port, '/500')).toEqual({ outcome: 'failure', output: 'HTTP probe failed with statuscode: 500' })
  expect(await get(port, '200')).toMatchObject({ outcome: 'success' })
})

test('HTTP: headers are sent as given', async () => {
  const port = await listen(
    createHttpServer((request, response) =>
      response.end(`${request.headers.host} ${request.headers['x-a']} ${request.headers['user-agent']}`),
    ),
  )
  const httpHeaders = [
    { name: 'Host', value: 'me' },
    { name: 'X-A', value: '1' },
    { name: 'User-Agent', value: 'own' },
  ]
  expect((await get(port, '/', { httpHeaders })).output).toBe('me 1 own')
})

test('what does not listen, or does not answer, is told in upstream words', async () => {
  const port = await listen(createHttpServer(() => {}))
  const silent = httpTarget({ port, path: '/x' }, container('app'), '127.0.0.1', 'a')
  expect(await checkHttp(silent, AbortSignal.timeout(50))).toEqual({
    outcome: 'failure',
    output: `Get "http://127.0.0.1:${port}/x": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  })
  expect(await checkTcp('127.0.0.1', port, signal())).toMatchObject({ outcome: 'success' })
  const free = await listen(createHttpServer())
  await new Promise(resolve => open.pop()!.close(resolve))
  const refused = `dial tcp 127.0.0.1:${free}: connect: connection refused`
  expect(await checkTcp('127.0.0.1', free, signal())).toEqual({ outcome: 'failure', output: refused })
  expect((await get(free, '/')).output).toBe(`Get "http://127.0.0.1:${free}/": ${refused}`)
})

test('gRPC: asks for the health of a service', async () => {
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', chunk => chunks.push(Buffer.from(chunk)))
    stream.on('end', () => {
      const service = Buffer.concat(chunks).subarray(7).toString()
      stream.respond({ ':status': 200, 'content-type': headers['content-type'] }, { waitForTrailers: true })
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': service === 'none' ? '5' : '0', 'grpc-message': 'unknown' }),
      )
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, service === 'bad' ? 2 : 1]))
    })
  })
  const port = await listen(server)
  const ask = (service: string) => checkGrpc({ host: '127.0.0.1', port, service }, signal())
  expect(await ask('')).toMatchObject({ outcome: 'success' })
  expect(await ask('bad')).toEqual({ outcome: 'failure', output: 'service unhealthy (responded with "NOT_SERVING")' })
  expect(await ask('none')).toMatchObject({ outcome: 'failure' })
})

test('ports are found by number, numeric text and name', () => {
  const app = container('app', { ports: [{ name: 'http', containerPort: 8080 }] })
  expect([resolvePort(80, app), resolvePort('81', app), resolvePort('http', app)]).toEqual([80, 81, 8080])
  expect(() => resolvePort('none', app)).toThrow("couldn't find port by name none")
})
