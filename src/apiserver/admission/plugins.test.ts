import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, podBody, type ServerFixture } from '../testing/server-fixture.js'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const inNamespace = (resource: string, namespace = 'default') => `/api/v1/namespaces/${namespace}/${resource}`
const pods = inNamespace('pods')

test('a pod in a namespace that is not there', async () => {
  const { body } = await server.agent().post(inNamespace('pods', 'nowhere')).send(podBody('x')).expect(404)
  expect(body.message).toBe('namespaces "nowhere" not found')
})

describe('ServiceAccount', () => {
  test('a pod of an unknown account is refused', async () => {
    const { body } = await server
      .agent()
      .post(pods)
      .send(podBody('x', { serviceAccountName: 'nope' }))
      .expect(403)
    expect(body.message).toBe(
      'pods "x" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found',
    )
  })

  test('a pod may do without the token', async () => {
    const { body } = await server
      .agent()
      .post(pods)
      .send(podBody('bare', { automountServiceAccountToken: false }))
    expect(body.spec.volumes).toBeUndefined()
  })

  test('pull secrets come from the account', async () => {
    const account = { metadata: { name: 'puller' }, imagePullSecrets: [{ name: 'registry' }] }
    await server.agent().post(inNamespace('serviceaccounts')).send(account).expect(201)
    const { body } = await server
      .agent()
      .post(pods)
      .send(podBody('pulling', { serviceAccountName: 'puller' }))
    expect(body.spec.imagePullSecrets).toEqual([{ name: 'registry' }])
  })
})

describe('Priority', () => {
  test('the class gives the number', async () => {
    const { body } = await server
      .agent()
      .post(pods)
      .send(podBody('high', { priorityClassName: 'system-node-critical' }))
    expect(body.spec).toMatchObject({ priority: 2_000_001_000, preemptionPolicy: 'PreemptLowerPriority' })
  })

  test('an unknown class is refused', async () => {
    const { body } = await server
      .agent()
      .post(pods)
      .send(podBody('odd', { priorityClassName: 'nope' }))
      .expect(403)
    expect(body.message).toBe('pods "odd" is forbidden: no PriorityClass with name nope was found')
  })

  test('there is one default', async () => {
    const path = '/apis/scheduling.k8s.io/v1/priorityclasses'
    const send = (name: string) => server.agent().post(path).send({ metadata: { name }, value: 5, globalDefault: true })
    await send('first').expect(201)
    const { body } = await send('second').expect(403)
    expect(body.message).toContain('PriorityClass first is already marked as default. Only one default can exist')
    await server.agent().delete(`${path}/first`).expect(200)
  })

  test('the classes of the system stay', async () => {
    const path = '/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical'
    const { body } = await server.agent().delete(path).expect(403)
    expect(body.message).toBe(
      'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
    )
  })
})

describe('LimitRanger', () => {
  beforeAll(async () => {
    await server
      .agent()
      .post('/api/v1/namespaces')
      .send({ metadata: { name: 'limited' } })
      .expect(201)
    await server.createAccount('limited', 'default')
    const limit = { type: 'Container', default: { cpu: '200m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } }
    const range = { metadata: { name: 'l' }, spec: { limits: [limit] } }
    await server.agent().post(inNamespace('limitranges', 'limited')).send(range).expect(201)
  })

  test('fills in what is missing', async () => {
    const { body } = await server.agent().post(inNamespace('pods', 'limited')).send(podBody('p')).expect(201)
    expect(body.spec.containers[0].resources).toEqual({ limits: { cpu: '200m' }, requests: { cpu: '100m' } })
    expect(body.metadata.annotations['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu request for container main; cpu limit for container main',
    )
  })

  test('refuses what is too much', async () => {
    const containers = [{ name: 'main', image: 'i', resources: { limits: { cpu: '2' } } }]
    const { body } = await server
      .agent()
      .post(inNamespace('pods', 'limited'))
      .send(podBody('q', { containers }))
      .expect(403)
    expect(body.message).toBe('pods "q" is forbidden: maximum cpu usage per Container is 1, but limit is 2')
  })
})

describe('ResourceQuota', () => {
  const path = inNamespace('resourcequotas', 'counted')
  beforeAll(async () => {
    await server
      .agent()
      .post('/api/v1/namespaces')
      .send({ metadata: { name: 'counted' } })
      .expect(201)
    await server.createAccount('counted', 'default')
    const hard = { pods: '2', 'requests.cpu': '1' }
    await server
      .agent()
      .post(path)
      .send({ metadata: { name: 'q' }, spec: { hard } })
      .expect(201)
    const status = { hard, used: { pods: '0', 'requests.cpu': '0' } }
    const patch = server.agent().patch(`${path}/q/status`).set('content-type', 'application/merge-patch+json')
    await patch.send(JSON.stringify({ status })).expect(200)
  })
  const wanting = (name: string, cpu: string) =>
    podBody(name, { containers: [{ name: 'main', image: 'i', resources: { requests: { cpu } } }] })
  const send = (body: object, query = '') =>
    server
      .agent()
      .post(`${inNamespace('pods', 'counted')}${query}`)
      .send(body)

  test('a pod must say what the quota counts', async () => {
    const { body } = await send(podBody('silent')).expect(403)
    expect(body.message).toBe('pods "silent" is forbidden: failed quota: q: must specify requests.cpu for: main')
  })

  test('what fits is charged, a dry run is not', async () => {
    await send(wanting('a', '600m')).expect(201)
    await send(wanting('dry', '100m'), '?dryRun=All').expect(201)
    const { body } = await server.agent().get(`${path}/q`)
    expect(body.status.used).toEqual({ pods: '1', 'requests.cpu': '600m' })
  })

  test('what does not fit is refused', async () => {
    const { body } = await send(wanting('b', '500m')).expect(403)
    expect(body.message).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    )
  })

  test('many at once get no more than there is', async () => {
    const answers = await Promise.all(['c', 'd', 'e', 'f'].map(name => send(wanting(name, '100m'))))
    expect(answers.map(answer => answer.status).sort()).toEqual([201, 403, 403, 403])
  })
})

test('a claim is protected, and gets the default class', async () => {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  const storageClass = { metadata: { name: 'fast', annotations }, provisioner: 'example.com/p' }
  await server.agent().post('/apis/storage.k8s.io/v1/storageclasses').send(storageClass).expect(201)
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  const claims = inNamespace('persistentvolumeclaims')
  const { body } = await server
    .agent()
    .post(claims)
    .send({ metadata: { name: 'c' }, spec })
    .expect(201)
  expect(body.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  expect(body.spec.storageClassName).toBe('fast')
})

test('a new node is not ready', async () => {
  const { body } = await server
    .agent()
    .post('/api/v1/nodes')
    .send({ metadata: { name: 'n' } })
    .expect(201)
  expect(body.spec.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
})

describe('NodeRestriction', () => {
  const headers = { 'impersonate-user': 'system:node:n', 'impersonate-group': 'system:nodes' }
  const asNode = () => server.agent().set(headers)

  test('a node changes no other node', async () => {
    const body = { metadata: { name: 'm' } }
    const answer = await asNode().post('/api/v1/nodes').send(body).expect(403)
    expect(answer.body.message).toBe('nodes "m" is forbidden: node "n" is not allowed to modify node "m"')
  })

  test('a node gives itself no labels of its own choice', async () => {
    const patch = asNode().patch('/api/v1/nodes/n').set('content-type', 'application/merge-patch+json')
    const labels = { 'node-restriction.kubernetes.io/x': 'y' }
    const answer = await patch.send(JSON.stringify({ metadata: { labels } })).expect(403)
    expect(answer.body.message).toBe(
      'nodes "n" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/x',
    )
  })

  test('a node asks for tokens of its own pods, for audiences that they want', async () => {
    const { body: pod } = await server
      .agent()
      .post('/api/v1/namespaces/default/pods')
      .send(podBody('token-user', { nodeName: 'n' }))
      .expect(201)
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'token-user', uid: pod.metadata.uid }
    const ask = (spec: object) =>
      asNode().post('/api/v1/namespaces/default/serviceaccounts/default/token').send({ spec })
    await ask({ boundObjectRef }).expect(201)
    const other = await ask({ boundObjectRef, audiences: ['vault'] }).expect(403)
    expect(other.body.message).toContain('audience "vault" not found in pod spec volume')
    const unbound = await ask({}).expect(403)
    expect(unbound.body.message).toContain('node requested token not bound to a pod')
  })

  test('a node makes no pods but mirrors', async () => {
    const answer = await asNode()
      .post(pods)
      .send(podBody('sneaky', { nodeName: 'n' }))
      .expect(403)
    expect(answer.body.message).toContain('node "n" can only create mirror pods')
  })
})

describe('grants', () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const roles = `${rbac}/namespaces/default/roles`
  beforeAll(async () => {
    const rules = [
      { verbs: ['create'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
    ]
    await server
      .agent()
      .post(`${rbac}/clusterroles`)
      .send({ metadata: { name: 'granter' }, rules })
      .expect(201)
    const apiGroup = 'rbac.authorization.k8s.io'
    const binding = {
      metadata: { name: 'granter' },
      subjects: [{ kind: 'User', name: 'bob', apiGroup }],
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'granter' },
    }
    await server.agent().post(`${rbac}/clusterrolebindings`).send(binding).expect(201)
  })
  const asBob = () => server.agent().set('impersonate-user', 'bob')
  const roleWith = (name: string, verb: string) => ({
    metadata: { name },
    rules: [{ verbs: [verb], apiGroups: [''], resources: ['pods'] }],
  })

  test('what one holds one may give', async () => {
    await asBob().post(roles).send(roleWith('held', 'get')).expect(201)
  })

  test('what one does not hold one may not give', async () => {
    const { body } = await asBob().post(roles).send(roleWith('more', 'delete')).expect(403)
    expect(body.message).toContain('is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""]')
  })

  test('nor bind', async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }
    const binding = { metadata: { name: 'more' }, subjects: [], roleRef }
    await asBob().post(`${rbac}/namespaces/default/rolebindings`).send(binding).expect(403)
  })
})
