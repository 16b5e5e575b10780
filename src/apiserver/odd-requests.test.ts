/** What the stock v1.34.4 server answered to requests that are not as they should be; 400 where it says 500 to nonsense. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

let server: ServerFixture
const path = '/api/v1/namespaces/default/configmaps'
const typed = { kind: 'ConfigMap', apiVersion: 'v1' }
beforeAll(async () => {
  server = await newServerFixture()
  await server
    .agent()
    .post(path)
    .send({ ...typed, metadata: { name: 'a' } })
    .expect(201)
})
afterAll(() => server[Symbol.asyncDispose]())

const noNumber = (text: string) => `strconv.ParseUint: parsing "${text}": invalid syntax`

test('a revision that is no number', async () => {
  const got = await server.agent().get(`${path}/a?resourceVersion=x`).expect(400)
  expect(got.body.message).toBe(`resourceVersion: Invalid value: "x": ${noNumber('x')}`)
  const put = await server
    .agent()
    .put(`${path}/a`)
    .send({ ...typed, metadata: { name: 'a', resourceVersion: 'abc' } })
    .expect(400)
  expect(put.body.message).toBe(noNumber('abc'))
})

test('a field that nobody knows, twice', async () => {
  const { body } = await server
    .agent()
    .post(`${path}?fieldValidation=Strict`)
    .set('content-type', 'application/json')
    .send('{"metadata":{"name":"d","x":1},"foo":1,"foo":2,"data":{"a":"b","a":"c"}}')
    .expect(400)
  expect(body.message).toBe(
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.x", unknown field "foo", duplicate field "data.a"',
  )
})

test('a finalizer without a domain', async () => {
  const metadata = { name: 'b', finalizers: ['foo', 'a/b'] }
  const { body } = await server
    .agent()
    .post(path)
    .send({ ...typed, metadata })
    .expect(422)
  expect(body.message).toBe(
    'ConfigMap "b" is invalid: metadata.finalizers[0]: Invalid value: "foo": name is neither a standard finalizer name nor is it fully qualified',
  )
})

test('a field manager that cannot be printed', async () => {
  const { body } = await server
    .agent()
    .post(`${path}?fieldManager=%01`)
    .send({ ...typed, metadata: { name: 'c' } })
    .expect(422)
  expect(body.message).toContain('invalid character U+0001 (at position 0)')
})

test.each([
  ['{"kind":"Secret"}', 'converting (v1.Secret) to (core.ConfigMap): unknown conversion'],
  [
    '{"apiVersion":"apps/v1"}',
    'no kind "ConfigMap" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:110"',
  ],
])('a patch that makes another kind of it: %s', async (patch, why) => {
  const { body } = await server
    .agent()
    .patch(`${path}/a`)
    .set('content-type', 'application/merge-patch+json')
    .send(patch)
    .expect(422)
  expect(body.message.endsWith(`: ${why}`)).toBe(true)
})

describe('options of a deletion', () => {
  test.each([
    ['{', "couldn't get version/kind; json parse error: unexpected end of JSON input"],
    [
      '{"kind":"Foo"}',
      'no kind "Foo" is registered for version "meta.k8s.io/v1" in scheme "pkg/runtime/scheme.go:110"',
    ],
  ])('%s', async (options, message) => {
    const { body } = await server
      .agent()
      .delete(`${path}/a`)
      .set('content-type', 'application/json')
      .send(options)
      .expect(400)
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'BadRequest',
      code: 400,
    }
    expect(body).toEqual({ ...status, message })
  })
})

test('tables and metadata for old clients say their version', async () => {
  const accept = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1beta1`
  const table = await server.agent().get(path).set('accept', accept('Table')).expect(200)
  expect([table.body.apiVersion, table.body.rows[0].object.apiVersion]).toEqual([
    'meta.k8s.io/v1beta1',
    'meta.k8s.io/v1beta1',
  ])
  const metadata = await server.agent().get(`${path}/a`).set('accept', accept('PartialObjectMetadata')).expect(200)
  expect(metadata.body.apiVersion).toBe('meta.k8s.io/v1beta1')
})

test.each([
  [
    '1.0',
    'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number 1.0 into Go struct field JobSpec.spec.parallelism of type int32',
  ],
  [
    '1e1',
    'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number 1e1 into Go struct field JobSpec.spec.parallelism of type int32',
  ],
])('an integer that is written as %s', async (written, message) => {
  const text = `{"metadata":{"name":"j"},"spec":{"parallelism":${written}}}`
  const path = '/apis/batch/v1/namespaces/default/jobs'
  const { body } = await server.agent().post(path).set('content-type', 'application/json').send(text).expect(400)
  expect(body.message).toBe(message)
})

test('many warnings are cut short', async () => {
  const fields = Array.from({ length: 60 }, (_, i) => `"bogus${'x'.repeat(90)}${i}":1`).join(',')
  const text = `{"metadata":{"name":"warned"},${fields}}`
  const { headers } = await server.agent().post(`${path}?dryRun=All`).set('content-type', 'application/json').send(text)
  expect(headers.warning?.split('299 - ').length).toBe(1 + 37)
})
