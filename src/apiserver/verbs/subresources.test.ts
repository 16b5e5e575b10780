import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, podBody, type ServerFixture } from '../testing/server-fixture.js'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const pods = '/api/v1/namespaces/default/pods'

describe('scale', () => {
  const path = '/apis/apps/v1/namespaces/default/deployments'
  beforeAll(async () => {
    const labels = { app: 'web' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const spec = { replicas: 2, selector: { matchLabels: labels }, template }
    await server
      .agent()
      .post(path)
      .send({ metadata: { name: 'web' }, spec })
      .expect(201)
  })

  test('is read', async () => {
    const { body } = await server.agent().get(`${path}/web/scale`).expect(200)
    expect(body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 } })
    expect(body.status).toEqual({ replicas: 0, selector: 'app=web' })
  })

  test('is updated and patched', async () => {
    const sent = { metadata: { name: 'web' }, spec: { replicas: 5 } }
    await server.agent().put(`${path}/web/scale`).send(sent).expect(200)
    const patch = server.agent().patch(`${path}/web/scale`).set('content-type', 'application/merge-patch+json')
    await patch.send('{"spec":{"replicas":4}}').expect(200)
    const { body } = await server.agent().get(`${path}/web`)
    expect(body).toMatchObject({ spec: { replicas: 4 }, metadata: { generation: 3 } })
  })

  test('is not negative', async () => {
    const sent = { metadata: { name: 'web' }, spec: { replicas: -1 } }
    const { body } = await server.agent().put(`${path}/web/scale`).send(sent).expect(422)
    expect(body.message).toBe(
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
  })
})

describe('binding', () => {
  const bind = (name: string, node: string) =>
    server
      .agent()
      .post(`${pods}/${name}/binding`)
      .send({ metadata: { name }, target: { kind: 'Node', name: node } })

  test('puts a pod on a node, once', async () => {
    await server.agent().post(pods).send(podBody('bound')).expect(201)
    await bind('bound', 'n1').expect(201)
    const { body } = await server.agent().get(`${pods}/bound`)
    expect(body.spec.nodeName).toBe('n1')
    expect(body.status.conditions).toEqual([expect.objectContaining({ type: 'PodScheduled', status: 'True' })])
    const again = await bind('bound', 'n2').expect(409)
    expect(again.body.message).toBe(
      'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n1"',
    )
  })

  test('of an unknown pod is 404', async () => {
    await bind('nope', 'n1').expect(404)
  })
})

describe('eviction', () => {
  const evict = (name: string) => server.agent().post(`${pods}/${name}/eviction`).send({ metadata: { name } })
  const budget = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'

  const runPod = async (name: string) => {
    await server
      .agent()
      .post(pods)
      .send(podBody(name, { nodeName: 'n1' }))
      .expect(201)
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    const patch = server.agent().patch(`${pods}/${name}/status`).set('content-type', 'application/merge-patch+json')
    await patch.send(JSON.stringify({ status })).expect(200)
  }

  test('deletes a pod that no budget holds', async () => {
    await runPod('free')
    await evict('free').expect(201)
    const { body } = await server.agent().get(`${pods}/free`).expect(200)
    expect(body.metadata.deletionTimestamp).toBeDefined()
    expect(body.status.conditions).toContainEqual(expect.objectContaining({ reason: 'EvictionByEvictionAPI' }))
  })

  test('is refused by a budget that allows none', async () => {
    await runPod('held')
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'held' } } }
    await server
      .agent()
      .post(budget)
      .send({ metadata: { name: 'b' }, spec })
      .expect(201)
    const counts = {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
    }
    const patch = server.agent().patch(`${budget}/b/status`).set('content-type', 'application/merge-patch+json')
    await patch.send(JSON.stringify({ status: counts })).expect(200)
    const { body } = await evict('held').expect(429)
    expect(body.message).toBe("Cannot evict pod as it would violate the pod's disruption budget.")
    expect(body.details.causes[0].message).toBe('The disruption budget b needs 1 healthy pods and has 1 currently')
  })

  test('takes one from a budget that has some', async () => {
    const patch = server.agent().patch(`${budget}/b/status`).set('content-type', 'application/merge-patch+json')
    await patch.send('{"status":{"disruptionsAllowed":1}}').expect(200)
    await evict('held').expect(201)
    const { body } = await server.agent().get(`${budget}/b`)
    expect(body.status).toMatchObject({ disruptionsAllowed: 0 })
    expect(Object.keys(body.status.disruptedPods)).toEqual(['held'])
  })
})

test('a namespace ends in two steps', async () => {
  await server
    .agent()
    .post('/api/v1/namespaces')
    .send({ metadata: { name: 'brief' } })
    .expect(201)
  const { body } = await server.agent().delete('/api/v1/namespaces/brief').expect(200)
  expect(body.status.phase).toBe('Terminating')
  const refused = await server
    .agent()
    .post('/api/v1/namespaces/brief/configmaps')
    .send({ metadata: { name: 'x' } })
  expect(refused.body).toMatchObject({
    code: 403,
    message:
      'configmaps "x" is forbidden: unable to create new content in namespace brief because it is being terminated',
    details: { causes: [{ reason: 'NamespaceTerminating' }] },
  })
  const finalize = { metadata: { name: 'brief' }, spec: {} }
  await server.agent().put('/api/v1/namespaces/brief/finalize').send(finalize).expect(200)
  await server.agent().get('/api/v1/namespaces/brief').expect(404)
})

test('a patch may not change the uid', async () => {
  const pod = `/api/v1/namespaces/default/pods/renamed`
  const container = { name: 'c', image: 'nginx' }
  await server
    .agent()
    .post('/api/v1/namespaces/default/pods')
    .send({ metadata: { name: 'renamed' }, spec: { containers: [container] } })
  const { body } = await server
    .agent()
    .patch(pod)
    .set('content-type', 'application/merge-patch+json')
    .send('{"metadata":{"uid":"x"}}')
    .expect(422)
  expect(body.message).toBe('Pod "renamed" is invalid: metadata.uid: Invalid value: "x": field is immutable')
})

test('a scale has a table of its own', async () => {
  const labels = { app: 'scaled' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
  const path = '/apis/apps/v1/namespaces/default/replicasets'
  const spec = { replicas: 3, selector: { matchLabels: labels }, template }
  await server
    .agent()
    .post(path)
    .send({ metadata: { name: 'scaled' }, spec })
    .expect(201)
  const { body } = await server
    .agent()
    .get(`${path}/scaled/scale`)
    .set('accept', 'application/json;as=Table;g=meta.k8s.io;v=v1')
    .expect(200)
  expect(body.columnDefinitions.map((column: { name: string }) => column.name)).toEqual([
    'Name',
    'Desired',
    'Available',
    'Age',
  ])
  expect(body.rows[0].cells.slice(0, 3)).toEqual(['scaled', 3, 0])
})

test('whoever asks for a deprecated kind is told', async () => {
  const { headers } = await server.agent().get('/api/v1/namespaces/default/endpoints').expect(200)
  expect(headers.warning).toBe('299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"')
})
