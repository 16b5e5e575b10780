/** Integers beyond 2^53 pass through every encoding as they are. */
import { get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

const long = '9007199254740993'
const pods = '/api/v1/namespaces/default/pods'
const toleration = (seconds = long) =>
  `{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":${seconds}}`
const body = (name: string, seconds = long) =>
  `{"metadata":{"name":"${name}"},"spec":{"containers":[{"name":"main","image":"nginx"}],"tolerations":[${toleration(seconds)}]}}`

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
  await server.agent().post(pods).type('json').send(body('web')).expect(201)
})
afterAll(() => server[Symbol.asyncDispose]())

const read = (path: string, accept = 'application/json') => server.agent().get(path).set('accept', accept).expect(200)

test.each([
  ['JSON', `${pods}/web`, 'application/json', `"tolerationSeconds":${long}`],
  ['a list', pods, 'application/json', `"tolerationSeconds":${long}`],
  ['indented JSON', `${pods}/web?pretty=true`, 'application/json', `"tolerationSeconds": ${long}`],
  ['an indented list', `${pods}?pretty=true`, 'application/json', `\n        "tolerations": [\n`],
  ['YAML', `${pods}/web`, 'application/yaml', `tolerationSeconds: ${long}\n`],
  [
    'a table as YAML',
    `${pods}?includeObject=Object`,
    'application/yaml;as=Table;g=meta.k8s.io;v=v1',
    `tolerationSeconds: ${long}\n`,
  ],
])('%s', async (_, path, accept, expected) => {
  expect((await read(path, accept)).text).toContain(expected)
})

test('protobuf, there and back', async () => {
  const type = 'application/vnd.kubernetes.protobuf'
  const { body: message } = await server.agent().get(`${pods}/web`).set('accept', type).responseType('blob').expect(200)
  await server.agent().put(`${pods}/web`).set('content-type', type).send(message).expect(200)
  expect((await read(`${pods}/web`)).text).toContain(long)
})

test('YAML, there and back', async () => {
  const { text } = await read(`${pods}/web`, 'application/yaml')
  await server.agent().put(`${pods}/web`).set('content-type', 'application/yaml').send(text).expect(200)
  expect((await read(`${pods}/web`)).text).toContain(long)
})

test.each([
  ['merge-patch', `{"metadata":{"labels":{"a":"1"}}}`],
  ['strategic-merge-patch', `{"metadata":{"labels":{"a":"2"}}}`],
  [
    'json-patch',
    `[{"op":"add","path":"/metadata/labels/a","value":"3"},{"op":"test","path":"/spec/tolerations/0","value":${toleration()}}]`,
  ],
])('%s leaves them alone', async (type, patch) => {
  const request = server.agent().patch(`${pods}/web`).set('content-type', `application/${type}+json`)
  expect((await request.send(patch).expect(200)).text).toContain(long)
})

test('a change that is not allowed is 422', async () => {
  const patch = `{"spec":{"terminationGracePeriodSeconds":${long}}}`
  const request = server.agent().patch(`${pods}/web`).set('content-type', 'application/merge-patch+json')
  const { body: status } = await request.send(patch).expect(422)
  expect(status.message).toContain(`"TerminationGracePeriodSeconds": ${long},`)
})

test('a pod with a grace period of ages is deleted', async () => {
  const spec = `"nodeName":"n","terminationGracePeriodSeconds":${long},"tolerations"`
  await server.agent().post(pods).type('json').send(body('slow').replace('"tolerations"', spec)).expect(201)
  const { body: deleted } = await server.agent().delete(`${pods}/slow`).expect(200)
  expect(deleted.metadata).toMatchObject({
    deletionGracePeriodSeconds: 100 * 365 * 24 * 60 * 60,
    deletionTimestamp: expect.stringMatching(/^2\d{3}-/),
  })
})

test('values that are refused are shown', async () => {
  const text = body('worse').replace('"tolerations"', `"activeDeadlineSeconds":${long},"tolerations"`)
  const { body: status } = await server.agent().post(pods).type('json').send(text).expect(422)
  expect(status.message).toContain(`spec.activeDeadlineSeconds: Invalid value: ${long}: `)
})

test('a quantity given as a number', async () => {
  const claim = `{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":${long}}}}}`
  const path = '/api/v1/namespaces/default/persistentvolumeclaims'
  const { body: made } = await server.agent().post(path).type('json').send(claim).expect(201)
  expect(made.spec.resources.requests.storage).toBe(long)
})

test('watches', async () => {
  const { url, http } = await server.listen()
  const headers = { authorization: `Bearer ${server.adminToken}` }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}${pods}?watch=1`, { headers }, resolve).on('error', reject)
  })
  for await (const chunk of answer) {
    expect(String(chunk)).toContain(long)
    break
  }
  http.close()
})
