import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  configMap,
  namespace as namespaceKind,
  pod as podKind,
  secret,
  serviceAccount,
} from '../../apis/core-v1/index.js'
import type { Namespace, Pod } from '../../apis/generated/core-v1.js'
import { silentLogger } from '../../telemetry/logger.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
})
afterEach(() => cluster.stop())

const namespaces = async () => (await cluster.admin.list<Namespace>(namespaceKind)).items.map(n => n.metadata.name)
const newNamespace = (name: string) =>
  cluster.admin.create<Namespace>(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} })

test('each namespace gets a service account and the CA, and keeps them', async () => {
  await newNamespace('shop')
  const account = { namespace: 'shop', name: 'default' }
  const ca = { namespace: 'shop', name: 'kube-root-ca.crt' }
  const present = async () => {
    const [accounts, maps] = await Promise.all([
      cluster.admin.list(serviceAccount, { namespace: 'shop' }),
      cluster.admin.list(configMap, { namespace: 'shop' }),
    ])
    return accounts.items.length === 1 && maps.items.some(m => m.data?.['ca.crt'] === 'PEM')
  }
  await cluster.until('both are there', present)
  await cluster.admin.delete(serviceAccount, account)
  const map = await cluster.admin.get(configMap, ca)
  await cluster.admin.update(configMap, { ...map, data: { 'ca.crt': 'forged' } })
  await cluster.until('both are there again', present)
})

test('a deleted namespace is emptied, pods first and in their own time', async () => {
  await newNamespace('shop')
  await cluster.until(
    'the account',
    async () => (await cluster.admin.list(serviceAccount, { namespace: 'shop' })).items.length > 0,
  )
  await cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { containers: [{ name: 'c', image: 'nginx' }] },
  })
  await cluster.admin.create(secret, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'shop', name: 's' } })
  await playKubelet(cluster)
  await cluster.admin.delete(namespaceKind, { name: 'shop' })
  const pod = () => cluster.admin.get(podKind, { namespace: 'shop', name: 'web' })
  await cluster.until('the pod is going', async () => (await pod()).metadata.deletionTimestamp !== undefined)
  await cluster.run(1_000)
  const going = await cluster.admin.get(namespaceKind, { name: 'shop' })
  expect(going.status?.phase).toBe('Terminating')
  expect(going.status?.conditions?.find(c => c.type === 'NamespaceDeletionContentFailure')).toMatchObject({
    status: 'False',
    reason: 'ContentDeleted',
  })
  expect((await cluster.admin.list(secret, { namespace: 'shop' })).items).toHaveLength(1)
  const began = cluster.clock.now()
  await playKubelet(cluster)
  await cluster.until('the namespace is gone', async () => !(await namespaces()).includes('shop'))
  expect(cluster.clock.now() - began).toBeLessThan(2_000)
})

test('a finalizer holds the namespace back, and is named in its conditions', async () => {
  await newNamespace('shop')
  const metadata = { namespace: 'shop', name: 'kept', finalizers: ['example.com/wait'] }
  const kept = await cluster.admin.create(configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  await cluster.admin.delete(namespaceKind, { name: 'shop' })
  await cluster.run(2_000)
  const { status } = await cluster.admin.get(namespaceKind, { name: 'shop' })
  expect(status?.conditions?.find(c => c.type === 'NamespaceFinalizersRemaining')).toMatchObject({
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: 'Some content in the namespace has finalizers remaining: example.com/wait in 1 resource instances',
  })
  expect(status?.conditions?.find(c => c.type === 'NamespaceContentRemaining')?.message).toBe(
    'Some resources are remaining: configmaps. has 1 resource instances',
  )
  const patch = { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } } as const
  await cluster.admin.patch(configMap, { namespace: 'shop', name: kept.metadata.name ?? '' }, patch)
  await cluster.until('the namespace is gone', async () => !(await namespaces()).includes('shop'))
})

test('a pod that has ended and waits for its node is no failure', async () => {
  const warnings: string[] = []
  const warn = (_fields: object, message: string) => void warnings.push(message)
  const log = { ...silentLogger, warn, child: () => log }
  await using noisy = await startTestCluster({ log })
  const { admin } = noisy
  await addNode(noisy)
  await admin.create(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec: {} })
  const account = () => admin.list(serviceAccount, { namespace: 'shop' })
  await noisy.until('the account', async () => (await account()).items.length > 0)
  const key = { namespace: 'shop', name: 'web' }
  const spec = { containers: [{ name: 'c', image: 'nginx' }] }
  await admin.create<Pod>(podKind, { apiVersion: 'v1', kind: 'Pod', metadata: key, spec })
  await playKubelet(noisy)
  await admin.delete(podKind, key)
  const body = { status: { phase: 'Succeeded' } }
  await admin.patch(podKind, key, { type: 'application/merge-patch+json', body }, { subresource: 'status' })
  await admin.delete(namespaceKind, { name: 'shop' })
  const conditions = async () => (await admin.get<Namespace>(namespaceKind, { name: 'shop' })).status?.conditions
  await noisy.until('a look at what is left', async () => (await conditions()) !== undefined)
  await noisy.run(3_000)
  expect((await conditions())?.find(c => c.type === 'NamespaceDeletionContentFailure')).toMatchObject({
    status: 'True',
  })
  await playKubelet(noisy)
  const listed = async () => (await admin.list<Namespace>(namespaceKind)).items.map(n => n.metadata.name)
  await noisy.until('the namespace is gone', async () => !(await listed()).includes('shop'))
  expect(warnings).toEqual([])
})
