import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { deployment as deploymentKind, replicaSet as replicaSetKind } from '../../apis/apps-v1/index.js'
import { configMap as configMapKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { ConfigMap, Pod } from '../../apis/generated/core-v1.js'
import type { OwnerReference } from '../../machinery/object-meta.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'web' }
const exists = (name: string) =>
  cluster.admin.get(configMapKind, { namespace: 'default', name }).then(
    () => true,
    () => false,
  )
const pods = async () => (await cluster.admin.list<Pod>(podKind, { namespace: 'default' })).items

async function newMap(name: string, owners: (ConfigMap & { block?: boolean })[] = [], extra: object = {}) {
  const ownerReferences = owners.map(
    ({ metadata, block }): OwnerReference => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: metadata.name ?? '',
      uid: metadata.uid ?? '',
      ...(block && { blockOwnerDeletion: true }),
    }),
  )
  const metadata = { name, namespace: 'default', ownerReferences, ...extra }
  return cluster.admin.create<ConfigMap>(configMapKind, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
}

async function newDeployment(replicas: number) {
  const labels = { app: 'web' }
  await cluster.admin.create(deploymentKind, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...key },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
      strategy: {},
    },
  })
  await cluster.until('the pods run', async () => {
    await playKubelet(cluster)
    return (await cluster.admin.get(deploymentKind, key)).status?.availableReplicas === replicas
  })
}

test('background: everything below a deleted Deployment goes', async () => {
  await newDeployment(2)
  await cluster.admin.delete(deploymentKind, key, { propagationPolicy: 'Background' })
  await cluster.until('nothing is left', async () => {
    await playKubelet(cluster)
    const sets = await cluster.admin.list(replicaSetKind, { namespace: 'default' })
    return sets.items.length === 0 && (await pods()).length === 0
  })
})

test('foreground: a Deployment stays until its pods are gone', async () => {
  await newDeployment(2)
  await cluster.admin.delete(deploymentKind, key, { propagationPolicy: 'Foreground' })
  await cluster.until('the pods are going', async () => (await pods()).every(p => p.metadata.deletionTimestamp))
  await cluster.run(2_000)
  expect((await cluster.admin.get(deploymentKind, key)).metadata.finalizers).toEqual(['foregroundDeletion'])
  await cluster.until('the Deployment is gone', async () => {
    await playKubelet(cluster)
    return (await cluster.admin.list(deploymentKind)).items.length === 0
  })
  expect(await pods()).toEqual([])
})

test('orphan: the ReplicaSet of a deleted Deployment lives on without an owner', async () => {
  await newDeployment(1)
  await cluster.admin.delete(deploymentKind, key, { propagationPolicy: 'Orphan' })
  await cluster.until(
    'the Deployment is gone',
    async () => (await cluster.admin.list(deploymentKind)).items.length === 0,
  )
  await cluster.run(2_000)
  const { items } = await cluster.admin.list(replicaSetKind, { namespace: 'default' })
  expect(items.map(rs => rs.metadata.ownerReferences ?? [])).toEqual([[]])
  expect(await pods()).toHaveLength(1)
})

test('an object goes with the last of its owners, not with the first', async () => {
  const [a, b] = [await newMap('a'), await newMap('b')]
  await newMap('child', [a, b])
  await cluster.run(500)
  await cluster.admin.delete(configMapKind, { namespace: 'default', name: 'a' })
  await cluster.until('one reference is left', async () => {
    const child = await cluster.admin.get(configMapKind, { namespace: 'default', name: 'child' })
    return child.metadata.ownerReferences?.length === 1
  })
  await cluster.admin.delete(configMapKind, { namespace: 'default', name: 'b' })
  await cluster.until('the child is gone', async () => !(await exists('child')))
})

test('an object whose owner never existed goes, one of an unknown kind stays', async () => {
  await newMap('lost', [{ metadata: { name: 'nobody', uid: '1234' } }])
  const metadata = {
    name: 'strange',
    namespace: 'default',
    ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: '5678' }],
  }
  await cluster.admin.create(configMapKind, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  await cluster.until('the lost one is gone', async () => !(await exists('lost')))
  await cluster.run(5_000)
  expect(await exists('strange')).toBe(true)
})

test('a uid that belongs to another object of that name does not count as the owner', async () => {
  await newMap('a')
  await newMap('child', [{ metadata: { name: 'a', uid: 'other' } }])
  await cluster.until('the child is gone', async () => !(await exists('child')))
  expect(await exists('a')).toBe(true)
})

test('objects that block each other in a circle are deleted in the foreground all the same', async () => {
  const a = await newMap('a')
  const b = await newMap('b', [{ ...a, block: true }])
  const reference = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'b',
    uid: b.metadata.uid ?? '',
    blockOwnerDeletion: true,
  }
  await cluster.admin.update(configMapKind, { ...a, metadata: { ...a.metadata, ownerReferences: [reference] } })
  await cluster.run(500)
  await cluster.admin.delete(configMapKind, { namespace: 'default', name: 'a' }, { propagationPolicy: 'Foreground' })
  await cluster.until('both are gone', async () => !(await exists('a')) && !(await exists('b')))
})
