/** What the stock v1.34.4 server answered where ours once differed: found by `npm run differential`. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from './testing/server-fixture.js'

let server: ServerFixture
const inDefault = (resource: string, group = '') =>
  `${group ? `/apis/${group}` : '/api/v1'}/namespaces/default/${resource}`
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const post = (path: string, body: object) => server.agent().post(path).send(body)
const merge = (path: string, body: object, type = 'merge-patch') =>
  server.agent().patch(path).set('content-type', `application/${type}+json`).send(body)
const lines = (body: { details: { causes: { field: string; message: string }[] } }) =>
  body.details.causes.map(({ field, message }) => `${field}: ${message}`)

test.each([
  ['/metrics/', 'application/json', 404],
  ['/version/', 'application/json', 200],
  ['/Version', 'application/json', 404],
  ['/openid/v1/jwks', 'application/json', 406],
  ['/openid/v1/jwks', 'text/html, */*;q=0.1', 200],
  ['/openid/v1/jwks/', 'application/jwk-set+json', 200],
])('%s as %s: %i', async (path, accept, code) => {
  await server.agent().get(path).set('accept', accept).expect(code)
})

test.each(['labelSelector=%zz', 'labelSelector=x;y', 'limit=%'])('the pair %s is left out', async query => {
  await server
    .agent()
    .get(`${inDefault('configmaps')}?${query}`)
    .expect(200)
})

test('a label selector is read before a field selector', async () => {
  const { body } = await server.agent().get(`${inDefault('services')}?labelSelector=n=a%20b&fieldSelector=a=b`)
  expect(body.message).toBe("found 'b', expected: ',' or 'end of string'")
})

test('names that are made up', async () => {
  const range = await post(`${inDefault('limitranges')}?dryRun=All`, { apiVersion: 'v1' }).expect(201)
  expect(range.body.metadata.name).toMatch(/^[0-9a-f]{8}-/)
  const address = { metadata: { generateName: 'gen-' }, spec: { parentRef: { resource: 'services', name: 'x' } } }
  const refused = await post('/apis/networking.k8s.io/v1/ipaddresses', address).expect(422)
  expect(refused.body.details.name).toBe('gen-')
})

test('metadata of events and budgets is checked last, and only as far as that of any object', async () => {
  const event = { metadata: { name: 'a', annotations: { 'Ex.com/_': '' } }, involvedObject: { namespace: 'other' } }
  const refused = await post(inDefault('events'), event).expect(422)
  expect(lines(refused.body)).toEqual([
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ])
  const budget = { metadata: { name: 'Upper' }, spec: { minAvailable: 1 } }
  await post(`${inDefault('poddisruptionbudgets', 'policy/v1')}?dryRun=All`, budget).expect(201)
})

test('nothing depends on events', async () => {
  await post(inDefault('events'), { metadata: { name: 'b' }, involvedObject: {} }).expect(201)
  const { body } = await server
    .agent()
    .delete(`${inDefault('events/b')}?orphanDependents=true`)
    .expect(200)
  expect(body.kind).toBe('Status')
})

test('who asks for events of a later revision is told at once, and not to come again', async () => {
  const { body, headers } = await server
    .agent()
    .get(`${inDefault('events')}?resourceVersion=99999999999`)
    .expect(504)
  expect([headers['retry-after'], body.details.retryAfterSeconds]).toEqual([undefined, undefined])
})

test('preconditions of a namespace', async () => {
  await post('/api/v1/namespaces', { metadata: { name: 'pre' } }).expect(201)
  const { body } = await server
    .agent()
    .delete('/api/v1/namespaces/pre')
    .send({ preconditions: { uid: 'x' } })
    .expect(409)
  expect(body.message).toMatch(/^Operation cannot be fulfilled on namespaces "pre": Precondition failed: UID in/)
})

test('numbers that do not fit wrap round in what is restored from maps', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { selector: { matchLabels: { a: 'b' } }, template }
  await post(inDefault('deployments', 'apps/v1'), { metadata: { name: 'd' }, spec }).expect(201)
  const path = inDefault('deployments/d', 'apps/v1')
  const refused = await merge(path, { spec: { minReadySeconds: 2147483648 } }, 'strategic-merge-patch').expect(422)
  expect(lines(refused.body)).toEqual([
    'spec.minReadySeconds: Invalid value: -2147483648: must be greater than or equal to 0',
  ])
  const scale = await merge(`${path}/scale`, { apiVersion: 'extensions/v1beta1' }).expect(422)
  expect(scale.body.message).toContain('into Go struct field ScaleStatus.status.selector of type map[string]string')
})

test('an eviction in its first version; one whose precondition fails leaves no mark', async () => {
  await post(inDefault('serviceaccounts'), { metadata: { name: 'default' } })
  await post(inDefault('pods'), { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }).expect(
    201,
  )
  const eviction = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'p' } }
  const deleteOptions = { preconditions: { resourceVersion: '1' } }
  await post(inDefault('pods/p/eviction'), { ...eviction, deleteOptions }).expect(409)
  const { body } = await server.agent().get(inDefault('pods/p'))
  expect(body.status.conditions).toBeUndefined()
  await server
    .agent()
    .get(`${inDefault('pods/p/exec')}?command=a&container=x`)
    .expect(400, /container x is not valid/)
  await post(inDefault('pods/p/eviction'), eviction).expect(201)
})

test('policies that are sent empty are not those left out', async () => {
  const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 }
  const path = `${inDefault('horizontalpodautoscalers', 'autoscaling/v2')}?dryRun=All`
  const send = (scaleDown: object) =>
    post(path, { metadata: { name: 'h' }, spec: { ...spec, behavior: { scaleDown } } })
  await send({}).expect(201)
  expect(lines((await send({ policies: [] }).expect(422)).body)).toEqual([
    'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy',
  ])
})

test('maps of an immutable ConfigMap that are sent empty', async () => {
  await post(inDefault('configmaps'), { metadata: { name: 'i' }, data: { a: 'b' }, immutable: true }).expect(201)
  const object = { metadata: { name: 'i' }, data: { a: 'b' }, immutable: true, binaryData: {} }
  const { body } = await server.agent().put(inDefault('configmaps/i')).send(object).expect(422)
  expect(lines(body)).toEqual(['binaryData: Forbidden: field is immutable when `immutable` is set'])
})

test('duplicates inside of what has no type are nobody’s business', async () => {
  const got = await server
    .agent()
    .post(`${inDefault('controllerrevisions', 'apps/v1')}?dryRun=All`)
    .set('content-type', 'application/json')
    .send('{"metadata":{"name":"r"},"revision":1,"data":{"a":1,"a":2}}')
    .expect(201)
  expect(got.headers.warning).toBeUndefined()
})

test('an apply to what spoiled the bookkeeping', async () => {
  const path = inDefault('serviceaccounts/spoiled')
  await post(inDefault('serviceaccounts'), { metadata: { name: 'spoiled' } }).expect(201)
  await merge(path, { secrets: [{}] }).expect(200)
  const applied = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'spoiled' } }
  const { body } = await server
    .agent()
    .patch(`${path}?fieldManager=one`)
    .set('content-type', 'application/apply-patch+yaml')
    .send(JSON.stringify(applied))
  expect(body.message).toBe(
    'failed to create manager for existing fields: failed to convert new object (default/spoiled; /v1, Kind=ServiceAccount) to smd typed: .secrets: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
  )
})

test('what a definition’s error shows of dependencies', async () => {
  const openAPIV3Schema = { type: 'object', oneOf: [{ dependencies: { a: {}, b: ['c'] }, allOf: [] }] }
  const versions = [
    { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, subresources: { status: {} } },
  ]
  const names = { plural: 'bs', kind: 'B' }
  const { body } = await post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'bs.a.b' },
    spec: { group: 'a.b', scope: 'Cluster', names, versions },
  }).expect(422)
  expect(body.message).toContain('"AllOf":[]')
  expect(body.message).toContain('"b":{"Schema":null,"Property":["c"]}')
})

test('who owns the address of a service', async () => {
  const { body } = await post(inDefault('services'), { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } })
  const address = await server.agent().get(`/apis/networking.k8s.io/v1/ipaddresses/${body.spec.clusterIP}`).expect(200)
  expect(address.body.metadata.managedFields).toMatchObject([
    { manager: 'kube-apiserver', operation: 'Update', fieldsV1: { 'f:spec': { 'f:parentRef': { 'f:name': {} } } } },
  ])
})

test('a part of a kind is none', async () => {
  const path = inDefault('resourceclaims', 'resource.k8s.io/v1')
  const { body } = await post(path, { apiVersion: 'v1', metadata: { name: 'c' } }).expect(400)
  expect(body.message).toContain('no kind "ResourceClaim" is registered for version "v1"')
})

test('a selector of a Job that cannot be read matches nothing wrongly', async () => {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
  const spec = { template, selector: { matchExpressions: [{ key: 'a', operator: '*' }] } }
  const { body } = await post(inDefault('jobs', 'batch/v1'), { metadata: { name: 'j' }, spec }).expect(422)
  expect(lines(body)).toEqual([
    'spec.selector.matchExpressions[0].operator: Invalid value: "*": not a valid selector operator',
  ])
})

test('a null in the data of a revision is something', async () => {
  const path = inDefault('controllerrevisions', 'apps/v1')
  const revision = { metadata: { name: 'n' }, revision: 1, data: { a: 1 } }
  await post(path, revision).expect(201)
  const changed = { ...revision, data: { a: 1, b: null } }
  await server.agent().put(`${path}/n`).send(changed).expect(422)
})

test('an escape that stands for no character, in YAML', async () => {
  const { body } = await server
    .agent()
    .post(inDefault('configmaps'))
    .set('content-type', 'application/yaml')
    .send('{"metadata":{"name":"\\ud800"}}')
    .expect(400)
  expect(body.message).toContain('yaml: found invalid Unicode character escape code')
})

test('rules of a Job that are sent empty', async () => {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
  const send = (successPolicy: object) =>
    post(inDefault('jobs', 'batch/v1'), { metadata: { name: 'j' }, spec: { template, successPolicy } }).expect(422)
  for (const [policy, shown] of [
    [{}, 'null'],
    [{ rules: [] }, '[]'],
  ] as const)
    expect(lines((await send(policy)).body)).toContain(
      `spec.successPolicy: Invalid value: {"Rules":${shown}}: requires indexed completion mode`,
    )
})
