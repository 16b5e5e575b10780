import { once } from 'node:events'
import { type ClientHttp2Session, connect, createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { ApiHttp2Response } from './http2-response.js'

let server: Http2Server | undefined
let session: ClientHttp2Session | undefined

afterEach(() => {
  session?.destroy()
  server?.close()
})

interface Heard {
  headers: Record<string, unknown>
  trailers: Record<string, unknown> | undefined
  body: string
}

/** What a client hears of an answer. */
async function ask(answer: (response: ApiHttp2Response) => void, method = 'GET'): Promise<Heard> {
  server = createServer({ Http2ServerResponse: ApiHttp2Response }, (_request, response) =>
    answer(response as ApiHttp2Response),
  ).listen(0)
  await once(server, 'listening')
  session = connect(`http://localhost:${(server.address() as AddressInfo).port}`)
  const stream = session.request({ ':method': method, ':path': '/' })
  let trailers: Heard['trailers']
  stream.on('trailers', found => {
    trailers = { ...found }
  })
  const [headers] = (await once(stream, 'response')) as [Heard['headers']]
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return { headers: { ...headers }, trailers, body: Buffer.concat(chunks).toString() }
}

test('headers that were set before and those of the head, and the body', async () => {
  const { headers, body } = await ask(response => {
    response.setHeader('Audit-Id', 'a')
    response.writeHead(201, { 'Content-Type': 'text/plain', Warning: ['b', 'c'] })
    response.write('one ')
    response.end('two')
  })
  expect(headers).toMatchObject({ ':status': 201, 'audit-id': 'a', 'content-type': 'text/plain', warning: 'b, c' })
  expect(headers.date).toBeDefined()
  expect(body).toBe('one two')
})

test.each([
  ['GET', 204],
  ['GET', 304],
  ['GET', 404],
  ['HEAD', 200],
] as const)('%s that is answered with %d and no body', async (method, code) => {
  const { headers, body } = await ask(response => {
    response.statusCode = code
    response.end()
  }, method)
  expect([headers[':status'], body]).toEqual([code, ''])
})

test('trailers where they may come', async () => {
  const { trailers, body } = await ask(response => {
    response.mayHaveTrailers = true
    response.writeHead(200)
    response.write('body')
    response.addTrailers({ 'grpc-status': '0' })
    response.end()
  })
  expect([trailers, body]).toEqual([expect.objectContaining({ 'grpc-status': '0' }), 'body'])
})
