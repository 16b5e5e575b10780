import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import type { RestDirectory } from '../deps.js'
import { openApiRouter } from './router.js'

const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
let directory: string
const app = express()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openapi-'))
  await mkdir(join(directory, 'v3'))
  const write = (name: string, text: string) => writeFile(join(directory, `${name}.gz`), gzipSync(text))
  await write('v2.json', '{"swagger":"2.0"}')
  await write('v2.pb', 'protobuf')
  await write('v3/apis__apps__v1.json', '{"openapi":"3.0.0"}')
  await writeFile(join(directory, 'index.json'), JSON.stringify({ v2: 'AA', v3: { 'apis/apps/v1': 'BB' } }))
  app.use(openApiRouter({ directory, now: () => Date.UTC(2026, 0, 1) }))
})
afterAll(() => rm(directory, { recursive: true }))

test.each([
  { accept: undefined, type: 'application/json', text: '{"swagger":"2.0"}' },
  { accept: '*/*', type: 'application/json', text: '{"swagger":"2.0"}' },
  { accept: protobuf, type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf', text: 'protobuf' },
  {
    accept: protobuf.replace('@', '.'),
    type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    text: 'protobuf',
  },
])('/openapi/v2 gives $type to $accept', async ({ accept, type, text }) => {
  const call = request(app).get('/openapi/v2').responseType('blob')
  const response = await (accept ? call.set('Accept', accept) : call)
  expect(response.headers).toMatchObject({ 'content-type': type, etag: '"AA"', 'cache-control': 'no-cache, private' })
  expect(response.body.toString()).toBe(text)
})

test('/openapi/v2 refuses other forms', async () => {
  await request(app).get('/openapi/v2').set('Accept', 'text/html').expect(406, '')
})

test('a known ETag gives 304', async () => {
  await request(app).get('/openapi/v2').set('If-None-Match', '"AA"').expect(304)
  await request(app).get('/openapi/v2').set('If-None-Match', '"old"').expect(200)
})

test('only clients that take gzip get it', async () => {
  const plain = await request(app).get('/openapi/v2').set('Accept-Encoding', 'identity')
  const compressed = await request(app).get('/openapi/v2').set('Accept-Encoding', 'gzip')
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(compressed.headers['content-encoding']).toBe('gzip')
  expect(compressed.body).toEqual(plain.body)
})

test('/openapi/v3 and its documents are not compressed, and come in parts', async () => {
  const whole = await request(app).get('/openapi/v3/apis/apps/v1').set('Accept-Encoding', 'gzip').expect(200)
  expect(whole.headers).toMatchObject({ 'accept-ranges': 'bytes', vary: 'Accept', 'content-length': '19' })
  expect(whole.headers['content-encoding']).toBeUndefined()
  const part = (range: string) => request(app).get('/openapi/v3/apis/apps/v1').set('Range', range).responseType('blob')
  const { body, headers } = await part('bytes=2-8').expect(206)
  expect([body.toString(), headers['content-range']]).toEqual(['openapi', 'bytes 2-8/19'])
  expect((await part('bytes=-2').expect(206)).body.toString()).toBe('"}')
  await part('bytes=99-').expect(416)
})

test('a document of version 3 as protobuf', async () => {
  const accept = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf'
  const { body, headers } = await request(app)
    .get('/openapi/v3/apis/apps/v1')
    .set('Accept', accept)
    .responseType('blob')
  expect(headers['content-type']).toBe(accept.replace('@', '.'))
  expect(body.subarray(0, 7)).toEqual(Buffer.from('\n\x053.0.0'))
})

test.each(['/openapi/v2/', '/openapi/v3/', '/openapi/v3/apis/apps/v1/'])('%s is no document', async path => {
  await request(app).get(path).expect(404)
})

test('/openapi/v3 lists the documents with their hashes', async () => {
  const { text } = await request(app).get('/openapi/v3').expect(200)
  expect(JSON.parse(text)).toEqual({
    paths: { 'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=BB' } },
  })
})

test('a document with its hash may be kept for a year', async () => {
  const { headers, body } = await request(app).get('/openapi/v3/apis/apps/v1?hash=BB').expect(200)
  expect(headers).toMatchObject({
    'cache-control': 'public, immutable',
    expires: 'Fri, 01 Jan 2027 00:00:00 UTC',
    etag: '"BB"',
  })
  expect(body).toEqual({ openapi: '3.0.0' })
})

test.each([
  { name: 'without a hash is served', path: '/openapi/v3/apis/apps/v1', code: 200, location: undefined },
  {
    name: 'with an old hash is found elsewhere',
    path: '/openapi/v3/apis/apps/v1?hash=CC',
    code: 301,
    location: '/openapi/v3/apis/apps/v1?hash=BB',
  },
  { name: 'that does not exist is not found', path: '/openapi/v3/apis/x/v1', code: 404, location: undefined },
  { name: 'with a climbing name is not found', path: '/openapi/v3/..%2findex', code: 404, location: undefined },
  { name: 'of another path is left to others', path: '/openapi', code: 404, location: undefined },
])('a document $name', async ({ path, code, location }) => {
  const { headers } = await request(app).get(path).redirects(0).expect(code)
  expect(headers.location).toBe(location)
})

test('what changes twice within a second is seen by clients that keep the first', async () => {
  const rests = { generation: 1, kinds: () => [] } as unknown as RestDirectory & { generation: number }
  const changing = express().use(openApiRouter({ directory, rests, now: () => Date.UTC(2100, 0, 1) }))
  const first = await request(changing).get('/openapi/v3').expect(200)
  const again = () => request(changing).get('/openapi/v3').set('If-Modified-Since', first.headers['last-modified']!)
  await again().expect(304)
  rests.generation = 2
  await again().expect(200)
})
