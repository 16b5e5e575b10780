import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { deployment as deploymentKind, replicaSet as replicaSetKind } from '../../apis/apps-v1/index.js'
import { lease as leaseKind } from '../../apis/coordination-v1/index.js'
import { namespace as namespaceKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Deployment } from '../../apis/generated/apps-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../../apis/generated/policy-v1.js'
import { podDisruptionBudget as budgetKind } from '../../apis/policy-v1/index.js'
import type { OwnerReference } from '../../machinery/object-meta.js'
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

const podOf = (name: string, owner?: Omit<OwnerReference, 'controller'>) =>
  cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'default',
      name,
      labels,
      ...(owner && { ownerReferences: [{ ...owner, controller: true }] }),
    },
    spec: { containers: [{ name: 'c', image: 'nginx' }] },
  })

// What stock kube-controller-manager v1.34.4 says.
test.each([
  ['v1', 'Namespace', 'namespaces does not implement the scale subresource'],
  ['coordination.k8s.io/v1', 'Lease', 'leases.coordination.k8s.io does not implement the scale subresource'],
  ['example.com/v1', 'Fleet', 'no matches for kind "Fleet" in version "example.com/v1"'],
])('pods of a %s %s make a percentage impossible', async (apiVersion, kind, message) => {
  const { metadata } = await cluster.admin.get(namespaceKind, { name: 'default' })
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...key, name: 'default' } }
  const { metadata: held } = await cluster.admin.create(leaseKind, lease as never)
  const uid = (kind === 'Lease' ? held : metadata).uid ?? ''
  await newBudget({ minAvailable: '50%' })
  await podOf('odd', { apiVersion, kind, name: 'default', uid })
  await cluster.until('it fails safely', async () => (await status())?.conditions?.[0]?.reason === 'SyncFailed')
  expect(await status()).toMatchObject({ disruptionsAllowed: 0, conditions: [{ status: 'False', message }] })
  expect(await cluster.events('web')).toContain(`Failed to calculate the number of expected pods: ${message}`)
})

test('a budget asks a controller that it does not follow by its scale', async () => {
  const { metadata } = await cluster.admin.create<Deployment>(deploymentKind, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...key },
    spec: {
      replicas: 5,
      paused: true,
      strategy: {},
      selector: { matchLabels: { app: 'other' } },
      template: { metadata: { labels: { app: 'other' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    },
  })
  await podOf('direct', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: metadata.uid ?? '' })
  await newBudget({ maxUnavailable: '40%' })
  await healthy(1)
  expect(await status()).toMatchObject({ expectedPods: 5, desiredHealthy: 3, disruptionsAllowed: 0 })
})

test('a pod that two budgets select is told, one that nobody controls is told of', async () => {
  await newBudget({ minAvailable: '50%' })
  const { metadata: _, ...second } = await cluster.admin.get<PodDisruptionBudget>(budgetKind, key)
  await cluster.admin.create(budgetKind, { ...second, metadata: { namespace: 'default', name: 'zoo' } })
  await cluster.run(1_000)
  await podOf('alone')
  const both = 'Pod "default"/"alone" matches multiple PodDisruptionBudgets.  Chose "web" arbitrarily.'
  await cluster.until('it is told', async () => (await cluster.events('alone')).includes(both))
  const selector =
    '&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}'
  expect((await cluster.events('web')).join()).toContain(
    `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged.`,
  )
})
