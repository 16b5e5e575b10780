/** The official JavaScript client: every verb for kinds of every group, by its typed classes. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as k8s from '@kubernetes/client-node'
import { TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures/kubectl')
const files = ['nodes', 'storage', 'policies', 'rbac', 'network', 'workloads', 'pod', 'extensions', 'apiservice', 'csr']
const objects = files.flatMap(file => k8s.loadAllYaml(readFileSync(join(fixtures, `${file}.yaml`), 'utf8')))
const namespace = 's1'
const clusterScoped = new Set(
  `Node StorageClass PersistentVolume CSIDriver CSINode VolumeAttachment VolumeAttributesClass PriorityClass RuntimeClass ClusterRole
  ClusterRoleBinding IngressClass ServiceCIDR IPAddress ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
  ValidatingWebhookConfiguration MutatingWebhookConfiguration DeviceClass ResourceSlice PriorityLevelConfiguration FlowSchema APIService
  CertificateSigningRequest`.split(/\s+/),
)

const cluster = new TestCluster({ runtime: 'sim' })
const config = new k8s.KubeConfig()

beforeAll(async () => {
  await cluster.start()
  config.loadFromFile(cluster.kubeconfig)
  await config.makeApiClient(k8s.CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } })
})
afterAll(() => cluster[Symbol.asyncDispose]())

type Call = (request: object, options?: object) => Promise<k8s.KubernetesObject & { items?: k8s.KubernetesObject[] }>

/** `networking.k8s.io/v1` is served by NetworkingV1Api. */
function apiOf(apiVersion: string): Record<string, Call> {
  const [version, group = 'core'] = apiVersion.split('/').reverse() as [string, string?]
  const words = [...group.replace(/\.k8s\.io$/, '').split('.'), version]
  const name = `${words.map(w => w[0]!.toUpperCase() + w.slice(1)).join('')}Api`
  const make = (k8s as unknown as Record<string, new () => k8s.ApiType>)[name]
  if (!make) throw new Error(`the client has no ${name}`)
  return config.makeApiClient(make as never) as unknown as Record<string, Call>
}

/** The methods of one kind, as the client names them. */
function methodsOf({ apiVersion = '', kind = '' }: k8s.KubernetesObject) {
  const api = apiOf(apiVersion)
  const where = clusterScoped.has(kind) ? {} : { namespace }
  const noun = `${clusterScoped.has(kind) ? '' : 'Namespaced'}${kind}`
  return (verb: string, request: object = {}, options?: object) =>
    api[`${verb}${noun}`]!({ ...where, ...request }, options)
}

/** Reads, changes and writes back until nobody was in between: controllers write, too. */
async function relabel(call: ReturnType<typeof methodsOf>, name: string) {
  for (let tries = 1; ; tries++) {
    const body = await call('read', { name })
    body.metadata!.labels = { ...body.metadata!.labels, replaced: 'yes' }
    const written = await call('replace', { name, body }).catch(error => {
      if (error.code === 409 && tries < 10) return undefined
      throw error
    })
    if (written) return written
  }
}

describe.each(
  objects.map(object => ({ what: `${object.apiVersion} ${object.kind} ${object.metadata?.name}`, object })),
)('$what', ({ object }) => {
  const name = object.metadata?.name ?? ''
  const inNamespace = clusterScoped.has(object.kind ?? '') ? {} : { namespace }
  const body = { ...object, metadata: { ...object.metadata, ...inNamespace } }

  test('is created, read, listed, replaced, patched, deleted', async () => {
    const call = methodsOf(object)
    const created = await call('create', { body })
    expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/)
    const { items = [] } = await call('list')
    expect(items.map(item => item.metadata?.name)).toContain(name)
    expect((await relabel(call, name)).metadata?.labels).toMatchObject({ ...body.metadata.labels, replaced: 'yes' })
    const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch)
    const annotations = { patched: 'yes', note: null }
    const patched = await call('patch', { name, body: { metadata: { annotations } } }, merge)
    expect(patched.metadata?.annotations?.patched).toBe('yes')
    expect(patched.metadata?.uid).toBe(created.metadata?.uid)
    const json = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.JsonPatch)
    await call('patch', { name, body: [{ op: 'remove', path: '/metadata/annotations/patched' }] }, json)
    await call('delete', { name, body: { gracePeriodSeconds: 0 } })
    const after = await call('read', { name }).catch(error => error)
    if (after.code !== 404) expect(after.metadata.deletionTimestamp).toBeInstanceOf(Date)
  })
})

test('a watch tells of each change in order', async () => {
  const core = config.makeApiClient(k8s.CoreV1Api)
  const seen: string[] = []
  const query = { labelSelector: 'watched=yes' }
  const watching = await new k8s.Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    query,
    (type, object) => seen.push(`${type} ${object.data?.n}`),
    () => {},
  )
  const metadata = { name: 'watched', labels: { watched: 'yes' } }
  await core.createNamespacedConfigMap({ namespace, body: { metadata, data: { n: '1' } } })
  await core.replaceNamespacedConfigMap({ namespace, name: 'watched', body: { metadata, data: { n: '2' } } })
  await core.deleteNamespacedConfigMap({ namespace, name: 'watched' })
  await eventually('three events', async () => seen.length === 3)
  expect(seen).toEqual(['ADDED 1', 'MODIFIED 2', 'DELETED 2'])
  watching.abort()
})

test('reviews answer: tokens, access, rules', async () => {
  const core = config.makeApiClient(k8s.CoreV1Api)
  const authentication = config.makeApiClient(k8s.AuthenticationV1Api)
  const authorization = config.makeApiClient(k8s.AuthorizationV1Api)
  await eventually('the default service account', () =>
    core.readNamespacedServiceAccount({ namespace, name: 'default' }),
  )
  const issued = await core.createNamespacedServiceAccountToken({
    namespace,
    name: 'default',
    body: { spec: { audiences: [], expirationSeconds: 3600 } },
  })
  const { token = '' } = issued.status ?? {}
  const review = await authentication.createTokenReview({ body: { spec: { token } } })
  expect(review.status?.user?.username).toBe(`system:serviceaccount:${namespace}:default`)
  const me = await authentication.createSelfSubjectReview({ body: {} })
  expect(me.status?.userInfo?.groups).toContain('system:masters')
  const resourceAttributes = { namespace, verb: 'get', resource: 'secrets' }
  const access = await authorization.createSubjectAccessReview({
    body: { spec: { user: review.status!.user!.username, resourceAttributes } },
  })
  expect(access.status?.allowed).toBe(false)
  const rules = await authorization.createSelfSubjectRulesReview({ body: { spec: { namespace } } })
  expect(rules.status?.resourceRules).toContainEqual(expect.objectContaining({ verbs: ['*'], apiGroups: ['*'] }))
})

test('custom objects are served as soon as their kind is established', async () => {
  const definitions = config.makeApiClient(k8s.ApiextensionsV1Api)
  const [body] = k8s.loadAllYaml(readFileSync(join(fixtures, 'crd.yaml'), 'utf8')) as [k8s.V1CustomResourceDefinition]
  const { name = '' } = body.metadata ?? {}
  await definitions.createCustomResourceDefinition({ body })
  await eventually('the kind', async () => {
    const { status } = await definitions.readCustomResourceDefinition({ name })
    return status?.conditions?.some(c => c.type === 'Established' && c.status === 'True')
  })
  const custom = config.makeApiClient(k8s.CustomObjectsApi)
  const where = { group: 's.example', version: 'v1', namespace, plural: 'things' }
  const thing = (size: number) => ({
    apiVersion: 's.example/v1',
    kind: 'Thing',
    metadata: { name: 'one' },
    spec: { size },
  })
  const created = await custom.createNamespacedCustomObject({ ...where, body: thing(3) })
  expect(created.spec).toEqual({ size: 3, colour: 'red' })
  await expect(custom.createNamespacedCustomObject({ ...where, body: thing(10) })).rejects.toMatchObject({ code: 422 })
  const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch)
  const status = { ...where, name: 'one', body: { status: { size: 3 } } }
  expect((await custom.patchNamespacedCustomObjectStatus(status, merge)).status).toEqual({ size: 3 })
  expect((await custom.listNamespacedCustomObject(where)).items).toHaveLength(1)
  await custom.deleteNamespacedCustomObject({ ...where, name: 'one' })
  await definitions.deleteCustomResourceDefinition({ name })
})

test('a generic client applies, is told of conflicts, takes over', async () => {
  const client = k8s.KubernetesObjectApi.makeApiClient(config)
  const metadata = { name: 'applied', namespace }
  const apply = (manager: string, data: Record<string, string>, force = false): Promise<k8s.V1ConfigMap> => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
    return client.patch(body, undefined, undefined, manager, force, k8s.PatchStrategy.ServerSideApply)
  }
  expect((await apply('one', { a: '1', b: '1' })).data).toEqual({ a: '1', b: '1' })
  await expect(apply('two', { a: '2' })).rejects.toMatchObject({ code: 409 })
  expect((await apply('two', { a: '2' }, true)).data).toEqual({ a: '2', b: '1' })
  expect((await apply('one', {})).data).toEqual({ a: '2' })
})

test('a generic client finds kinds by discovery', async () => {
  const client = k8s.KubernetesObjectApi.makeApiClient(config)
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'generic', namespace }, data: { a: 'b' } }
  await client.create(body)
  const read = (await client.read(body)) as k8s.V1ConfigMap
  expect(read.data).toEqual({ a: 'b' })
  expect((await client.list('apps/v1', 'Deployment')).kind).toBe('DeploymentList')
  await client.delete(body)
})
