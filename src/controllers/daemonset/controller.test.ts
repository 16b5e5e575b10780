import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { controllerRevision, daemonSet as daemonSetKind } from '../../apis/apps-v1/index.js'
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { DaemonSet } from '../../apis/generated/apps-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'
import { targetNode } from './eligible.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  for (const name of ['node-1', 'node-2', 'node-3']) await addNode(cluster, name)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'agent' }
const newDaemonSet = (spec: Partial<DaemonSet['spec']> = {}) =>
  cluster.admin.create<DaemonSet>(daemonSetKind, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { ...key },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
      updateStrategy: {},
      ...spec,
    },
  })
const current = () => cluster.admin.get(daemonSetKind, key)
const pods = async () => (await cluster.admin.list<Pod>(podKind, { namespace: 'default' })).items
const nodes = async () => (await pods()).map(targetNode).sort()
const images = async () => (await pods()).map(p => p.spec.containers[0]?.image)
const cordonTaint = { key: 'example.com/no', effect: 'NoSchedule' }

test('a DaemonSet has one pod for each node that fits, also for nodes that come and go', async () => {
  await newDaemonSet()
  await cluster.until('three pods', async () => (await pods()).length === 3)
  expect(await nodes()).toEqual(['node-1', 'node-2', 'node-3'])
  await addNode(cluster, 'node-4')
  await cluster.until('a fourth pod', async () => (await pods()).length === 4)
  await playKubelet(cluster)
  await cluster.until('all are ready', async () => (await current()).status?.numberReady === 4)
  expect((await current()).status).toMatchObject({
    desiredNumberScheduled: 4,
    currentNumberScheduled: 4,
    numberAvailable: 4,
  })
})

test('a node with a taint gets no pod, but keeps the one it has', async () => {
  const taint = { type: 'application/merge-patch+json', body: { spec: { taints: [cordonTaint] } } } as const
  await cluster.admin.patch(nodeKind, { name: 'node-3' }, taint)
  await newDaemonSet()
  await cluster.until('two pods', async () => (await pods()).length === 2)
  await cluster.admin.patch(nodeKind, { name: 'node-2' }, taint)
  await cluster.until('it is misscheduled', async () => (await current()).status?.numberMisscheduled === 1)
  expect(await nodes()).toEqual(['node-1', 'node-2'])
})

test('a rolling update replaces pods one after the other, and keeps the old template', async () => {
  await newDaemonSet()
  await cluster.until('three pods run', async () => {
    await playKubelet(cluster)
    return (await current()).status?.numberAvailable === 3
  })
  const patch = {
    type: 'application/strategic-merge-patch+json',
    body: { spec: { template: { spec: { containers: [{ name: 'c', image: 'two' }] } } } },
  } as const
  await cluster.admin.patch(daemonSetKind, key, patch)
  await cluster.until('one pod goes', async () => (await pods()).some(p => p.metadata.deletionTimestamp))
  await cluster.run(1_000)
  expect((await pods()).filter(p => p.metadata.deletionTimestamp)).toHaveLength(1)
  await cluster.until('all are new', async () => {
    await playKubelet(cluster)
    const { status } = await current()
    return status?.updatedNumberScheduled === 3 && status?.numberAvailable === 3
  })
  expect(await images()).toEqual(['two', 'two', 'two'])
  const { items } = await cluster.admin.list(controllerRevision, { namespace: 'default' })
  expect(items.map(r => r.revision).sort()).toEqual([1, 2])
})

test('a failed pod is replaced', async () => {
  await newDaemonSet()
  await cluster.until('three pods', async () => (await pods()).length === 3)
  await playKubelet(cluster)
  const [victim] = await pods()
  if (victim) await cluster.admin.updateStatus(podKind, { ...victim, status: { ...victim.status, phase: 'Failed' } })
  await cluster.until('another pod', async () => {
    await playKubelet(cluster)
    const now = await pods()
    return now.length === 3 && !now.some(p => p.metadata.uid === victim?.metadata.uid)
  })
  expect(await cluster.events('agent')).toContain(
    `Found failed daemon pod default/${victim?.metadata.name} on node ${victim?.spec.nodeName}, will try to kill it`,
  )
})

test('a pod that has ended, and that only a finalizer keeps, is replaced', async () => {
  await newDaemonSet()
  await cluster.until('three pods', async () => (await pods()).length === 3)
  const [held] = await pods()
  const of = { namespace: 'default', name: held?.metadata.name ?? '' }
  const merge = (body: object) => ({ type: 'application/merge-patch+json', body }) as const
  await cluster.admin.patch(podKind, of, merge({ metadata: { finalizers: ['test/hold'] } }))
  await cluster.admin.patch(podKind, of, merge({ status: { phase: 'Failed' } }), { subresource: 'status' })
  await cluster.until('another', async () => (await pods()).length === 4)
  expect((await pods()).some(p => p.metadata.uid === held?.metadata.uid)).toBe(true)
})
