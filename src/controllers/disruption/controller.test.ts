import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { replicaSet as replicaSetKind } from '../../apis/apps-v1/index.js'
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../../apis/generated/policy-v1.js'
import { podDisruptionBudget as budgetKind } from '../../apis/policy-v1/index.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'web' }
const labels = { app: 'web' }
const newBudget = (spec: Partial<PodDisruptionBudget['spec']>) =>
  cluster.admin.create<PodDisruptionBudget>(budgetKind, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { ...key },
    spec: { selector: { matchLabels: labels }, ...spec },
  })
const newReplicaSet = (replicas: number) =>
  cluster.admin.create(replicaSetKind, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { ...key },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    },
  })
const status = async () => (await cluster.admin.get(budgetKind, key)).status
const healthy = (count: number) =>
  cluster.until(`${count} healthy`, async () => {
    await playKubelet(cluster)
    return (await status())?.currentHealthy === count
  })

test('a budget allows what its percentage leaves of the wanted number', async () => {
  await newReplicaSet(4)
  await newBudget({ maxUnavailable: '25%' })
  await healthy(4)
  expect(await status()).toMatchObject({
    currentHealthy: 4,
    desiredHealthy: 3,
    expectedPods: 4,
    disruptionsAllowed: 1,
    conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
  })
})

test('an eviction uses up the budget, and the next is refused', async () => {
  await newReplicaSet(2)
  await newBudget({ minAvailable: 1 })
  await healthy(2)
  const { items } = await cluster.admin.list<Pod>(podKind, { namespace: 'default' })
  const evict = (pod: Pod | undefined) => {
    const metadata = { namespace: 'default', name: pod?.metadata.name ?? '' }
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata }
    return cluster.admin.createSubresource(podKind, metadata, 'eviction', body)
  }
  await evict(items[0])
  await expect(evict(items[1])).rejects.toMatchObject({ status: { code: 429, reason: 'TooManyRequests' } })
  await healthy(2)
  await cluster.until('one may go again', async () => (await status())?.disruptionsAllowed === 1)
})

test('pods without a known controller make a percentage impossible', async () => {
  await newBudget({ minAvailable: '50%' })
  const { uid = '' } = (await cluster.admin.get(nodeKind, { name: 'node-1' })).metadata
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid, controller: true }]
  await cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'odd', labels, ownerReferences },
    spec: { containers: [{ name: 'c', image: 'nginx' }] },
  })
  await cluster.until('it fails safely', async () => (await status())?.conditions?.[0]?.reason === 'SyncFailed')
  expect(await status()).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ status: 'False', message: 'found no controllers for pod "odd"' }],
  })
})
