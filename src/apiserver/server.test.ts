import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, podBody, type ServerFixture } from './testing/server-fixture.js'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const configMaps = '/api/v1/namespaces/default/configmaps'
const tableType = 'application/json;as=Table;g=meta.k8s.io;v=v1'

describe('a new server', () => {
  test('is ready, and says of what', async () => {
    const { text } = await server.agent('').get('/readyz?verbose').expect(200)
    expect(text).toContain('[+]poststarthook/rbac/bootstrap-roles ok\n')
    expect(text).toMatch(/readyz check passed\n$/)
    // As many as the stock v1.34.4 has.
    expect(text.match(/^\[\+\]/gm)).toHaveLength(34)
  })

  test('answers single checks and knows no others', async () => {
    await server.agent().get('/livez/ping').expect(200, 'ok')
    await server.agent().get('/livez/nonsense').expect(404)
  })

  test('tells its version to anyone', async () => {
    const { body } = await server.agent('').get('/version').expect(200).expect('content-type', 'application/json')
    expect(body).toMatchObject({ major: '1', minor: '34', gitVersion: 'v1.34.4+minik8s' })
  })

  test('has the namespaces, roles, classes and the service that every cluster has', async () => {
    const names = async (path: string) => {
      const { body } = await server.agent().get(path).expect(200)
      return body.items.map((item: { metadata: { name: string } }) => item.metadata.name)
    }
    expect(await names('/api/v1/namespaces')).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    expect(await names('/apis/rbac.authorization.k8s.io/v1/clusterroles')).toEqual(
      expect.arrayContaining(['admin', 'cluster-admin', 'edit', 'system:node', 'view']),
    )
    expect(await names('/apis/scheduling.k8s.io/v1/priorityclasses')).toHaveLength(2)
    const { body } = await server.agent().get('/api/v1/namespaces/default/services/kubernetes').expect(200)
    expect(body.spec).toMatchObject({ clusterIP: '10.96.0.1', ports: [{ port: 443, targetPort: 6443 }] })
    const slice = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes'
    expect((await server.agent().get(slice)).body.endpoints[0].addresses).toEqual(['192.0.2.10'])
  })

  test('measures itself', async () => {
    const { text } = await server.agent().get('/metrics').expect(200)
    expect(text).toMatch(
      /apiserver_request_total\{code="200",component="apiserver",dry_run="",group="",resource="namespaces",scope="cluster",subresource="",verb="LIST",version="v1"\} 1/,
    )
    expect(text).toMatch(/apiserver_storage_objects\{resource="namespaces"\} 4/)
    expect(text).toMatch(/apiserver_request_duration_seconds_bucket\{.*le="\+Inf"\}/)
  })

  test('does not measure what callers have made up: each would be a series for good', async () => {
    const madeUp = ['/livez/made-up', `${configMaps}/a/made-up`, '/api/v1/made-up']
    for (const path of madeUp) await server.agent().get(path).expect(404)
    await server.agent().get('/livez/ping').expect(200)
    const { text } = await server.agent().get('/metrics').expect(200)
    expect(text).not.toContain('made-up')
    expect(text).toContain('subresource="/livez/ping"')
  })
})

describe('answers come in the form asked for', () => {
  beforeAll(async () => {
    await server
      .agent()
      .post(configMaps)
      .send({ metadata: { name: 'forms' }, data: { a: 'b' } })
      .expect(201)
  })

  test('JSON, with the kind first', async () => {
    const { text } = await server.agent().get(`${configMaps}/forms`).expect('content-type', 'application/json')
    expect(text).toMatch(/^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"resourceVersion":"\d+","name":"forms"/)
  })

  test('YAML', async () => {
    const { text } = await server.agent().get(`${configMaps}/forms`).set('accept', 'application/yaml').expect(200)
    expect(text).toMatch(/^apiVersion: v1\ndata:\n {2}a: b\nkind: ConfigMap\n/)
  })

  test('protobuf, which comes back as it went', async () => {
    const type = 'application/vnd.kubernetes.protobuf'
    const { body } = await server
      .agent()
      .get(`${configMaps}/forms`)
      .set('accept', type)
      .responseType('blob')
      .expect(200)
    expect(body.subarray(0, 4)).toEqual(Buffer.from('k8s\0'))
    await server.agent().put(`${configMaps}/forms`).set('content-type', type).send(body).expect(200)
  })

  test('a table', async () => {
    const { body } = await server.agent().get(`${configMaps}/forms`).set('accept', tableType).expect(200)
    expect(body).toMatchObject({ kind: 'Table', rows: [{ cells: ['forms', 1, '0s'] }] })
    expect(body.rows[0].object.kind).toBe('PartialObjectMetadata')
  })

  test('metadata alone', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
    const { body } = await server.agent().get(configMaps).set('accept', accept).expect(200)
    expect(body.kind).toBe('PartialObjectMetadataList')
    expect(Object.keys(body.items[0])).toEqual(['kind', 'apiVersion', 'metadata'])
  })

  test('indented for those who look at it', async () => {
    const { text } = await server.agent().get(`${configMaps}/forms?pretty=true`)
    expect(text).toMatch(/^\{\n {2}"kind"/)
  })
})

describe('a request that cannot be answered', () => {
  const cases: [
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    body: object | undefined,
    code: number,
    message: string,
  ][] = [
    ['get', '/api/v1/nonsense', undefined, 404, 'the server could not find the requested resource'],
    ['get', `${configMaps}/nope`, undefined, 404, 'configmaps "nope" not found'],
    ['post', '/api/v1/pods', {}, 405, 'the server does not allow this method on the requested resource'],
    [
      'post',
      configMaps,
      { kind: 'Pod', apiVersion: 'v1' },
      400,
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ],
    [
      'post',
      configMaps,
      { metadata: { name: 'x', namespace: 'other' } },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'post',
      configMaps,
      { metadata: { name: 'x' }, data: { a: 1 } },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      'post',
      `${configMaps}?fieldValidation=Strict`,
      { metadata: { name: 'x' }, foo: 1 },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "foo"',
    ],
    [
      'post',
      `${configMaps}?dryRun=some`,
      { metadata: { name: 'x' } },
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["some"]: supported values: "All"',
    ],
    ['post', '/api/v1/namespaces/gone/configmaps', { metadata: { name: 'x' } }, 404, 'namespaces "gone" not found'],
    [
      'put',
      `${configMaps}/x`,
      { metadata: { name: 'y' } },
      400,
      'the name of the object (y) does not match the name on the URL (x)',
    ],
    [
      'delete',
      '/api/v1/namespaces/default',
      undefined,
      403,
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ],
    [
      'get',
      `${configMaps}?resourceVersionMatch=Exact`,
      undefined,
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    ['get', `${configMaps}?limit=x`, undefined, 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ]
  test.each(cases)('%s %s %j is %i', async (method, path, sent, code, message) => {
    const { body } = await server.agent()[method](path).send(sent).expect(code)
    expect(body).toMatchObject({ kind: 'Status', status: 'Failure', message, code })
  })

  test('is plain text outside the groups that are served', async () => {
    await server.agent().get('/apis/nonsense/v1/things').expect(404, '404 page not found\n')
    await server.agent().get('/nonsense').expect(404, '404 page not found\n')
  })

  test('with a body beyond the limit is 413', async () => {
    const { body } = await server
      .agent()
      .post(configMaps)
      .set('content-type', 'application/json')
      .send('x'.repeat(3 * 1024 * 1024 + 1))
    expect(body.message).toBe('Request entity too large: limit is 3145728')
  })
})

describe('writes', () => {
  test('a field that is unknown warns', async () => {
    const response = await server
      .agent()
      .post(configMaps)
      .send({ metadata: { name: 'warned' }, foo: 1 })
      .expect(201)
    expect(response.headers.warning).toBe('299 - "unknown field \\"foo\\""')
  })

  test('a dry run stores nothing', async () => {
    await server
      .agent()
      .post(`${configMaps}?dryRun=All`)
      .send({ metadata: { name: 'dry' } })
      .expect(201)
    await server.agent().get(`${configMaps}/dry`).expect(404)
  })

  test('patches of three types', async () => {
    await server
      .agent()
      .post(configMaps)
      .send({ metadata: { name: 'patched' }, data: { a: '1' } })
      .expect(201)
    const patch = (type: string, body: object) =>
      server.agent().patch(`${configMaps}/patched`).set('content-type', type).send(JSON.stringify(body)).expect(200)
    await patch('application/merge-patch+json', { data: { b: '2' } })
    await patch('application/strategic-merge-patch+json', { data: { a: null } })
    const { body } = await patch('application/json-patch+json', [{ op: 'add', path: '/data/c', value: '3' }])
    expect(body.data).toEqual({ b: '2', c: '3' })
    await server.agent().patch(`${configMaps}/patched`).set('content-type', 'application/json').send('{}').expect(415)
  })

  test('a deletion answers with a Status that names what is gone', async () => {
    const { body: made } = await server
      .agent()
      .post(configMaps)
      .send({ metadata: { name: 'removed' } })
    const { body } = await server.agent().delete(`${configMaps}/removed`).expect(200)
    const details = { name: 'removed', kind: 'configmaps', uid: made.metadata.uid }
    expect(body).toMatchObject({ kind: 'Status', status: 'Success', details })
  })

  test('many writers of one object: each unconditional write wins once, none is lost', async () => {
    await server
      .agent()
      .post(configMaps)
      .send({ metadata: { name: 'raced' } })
      .expect(201)
    const merge = (key: string) =>
      server
        .agent()
        .patch(`${configMaps}/raced`)
        .set('content-type', 'application/merge-patch+json')
        .send(JSON.stringify({ data: { [key]: key } }))
        .expect(200)
    await Promise.all(Array.from({ length: 10 }, (_, i) => merge(`k${i}`)))
    const { body } = await server.agent().get(`${configMaps}/raced`)
    expect(Object.keys(body.data)).toHaveLength(10)
  })
})

test('a pod gets its account, its token, its priority and its tolerations', async () => {
  const { body } = await server.agent().post('/api/v1/namespaces/default/pods').send(podBody('web')).expect(201)
  expect(body.spec).toMatchObject({
    serviceAccountName: 'default',
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
  })
  expect(body.spec.volumes[0].name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
  expect(body.spec.containers[0].volumeMounts[0].mountPath).toBe('/var/run/secrets/kubernetes.io/serviceaccount')
  expect(body.spec.tolerations).toHaveLength(2)
})
