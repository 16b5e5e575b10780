import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { lease as leaseKind } from '../../apis/coordination-v1/index.js'
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Lease } from '../../apis/generated/coordination-v1.js'
import type { Node, Pod } from '../../apis/generated/core-v1.js'
import { formatMicroTime } from '../../machinery/clock.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await addNode(cluster, 'node-2')
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const get = (name: string) => cluster.admin.get<Node>(nodeKind, { name })
const readyOf = (node: Node) => node.status?.conditions?.find(c => c.type === 'Ready')
const taintsOf = (node: Node) => (node.spec?.taints ?? []).map(t => `${t.key}:${t.effect}`).sort()

/** Renews the leases of these nodes every ten seconds. */
async function live(names: string[], ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    for (const name of names) {
      const renewTime = formatMicroTime(cluster.clock.now())
      const metadata = { namespace: 'kube-node-lease', name }
      const present = await cluster.admin.get<Lease>(leaseKind, metadata).catch(() => undefined)
      const object = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        ...present,
        metadata: present?.metadata ?? metadata,
      }
      const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime }
      if (present) await cluster.admin.update(leaseKind, { ...object, spec })
      else await cluster.admin.create(leaseKind, { ...object, spec })
    }
    await cluster.run(10_000)
  }
}

test('a node is registered with an event, and with one when it goes', async () => {
  await cluster.until('the event', async () =>
    (await cluster.events('node-1')).includes('Node node-1 event: Registered Node node-1 in Controller'),
  )
  await cluster.admin.delete(nodeKind, { name: 'node-1' })
  await cluster.until('the other event', async () =>
    (await cluster.events('node-1')).includes('Node node-1 event: Removing Node node-1 from Controller'),
  )
})

test('a silent node is lost after 50 seconds: conditions, taints, and its pods not ready', async () => {
  await cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'web' },
    spec: { containers: [{ name: 'c', image: 'nginx' }] },
  })
  await playKubelet(cluster)
  await live(['node-2'], 40_000)
  expect(readyOf(await get('node-1'))?.status).toBe('True')
  await live(['node-2'], 30_000)
  const lost = await get('node-1')
  expect(readyOf(lost)).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  })
  expect(taintsOf(lost)).toEqual([
    'node.kubernetes.io/unreachable:NoExecute',
    'node.kubernetes.io/unreachable:NoSchedule',
  ])
  const pod = await cluster.admin.get<Pod>(podKind, { namespace: 'default', name: 'web' })
  expect(pod.status?.conditions?.find(c => c.type === 'Ready')?.status).toBe('False')
  expect(await cluster.events('web')).toContain('Node is not ready')
  expect(readyOf(await get('node-2'))?.status).toBe('True')

  // Five minutes later, the default tolerations have run out.
  await live(['node-2'], 310_000)
  const evicted = await cluster.admin.get<Pod>(podKind, { namespace: 'default', name: 'web' })
  expect(evicted.metadata.deletionTimestamp).toBeDefined()
  expect(evicted.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }),
  )
})

test('where all nodes are lost, none is emptied', async () => {
  await cluster.run(80_000)
  expect(taintsOf(await get('node-1'))).toEqual(['node.kubernetes.io/unreachable:NoSchedule'])
})

test('a node that comes back loses its taints', async () => {
  await live(['node-2'], 80_000)
  expect(taintsOf(await get('node-1'))).toHaveLength(2)
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: new Date(cluster.clock.now()).toISOString() }
  const patch = { type: 'application/merge-patch+json', body: { status: { conditions: [ready] } } } as const
  await cluster.admin.patch(nodeKind, { name: 'node-1' }, patch, { subresource: 'status' })
  await cluster.until('no taints', async () => taintsOf(await get('node-1')).length === 0)
})

test('conditions and cordoning become taints', async () => {
  const body = {
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'DiskPressure', status: 'True' },
      ],
    },
  }
  await cluster.admin.patch(
    nodeKind,
    { name: 'node-1' },
    { type: 'application/merge-patch+json', body },
    { subresource: 'status' },
  )
  const cordon = { type: 'application/merge-patch+json', body: { spec: { unschedulable: true } } } as const
  await cluster.admin.patch(nodeKind, { name: 'node-1' }, cordon)
  await cluster.until('both taints', async () => taintsOf(await get('node-1')).length === 2)
  expect(taintsOf(await get('node-1'))).toEqual([
    'node.kubernetes.io/disk-pressure:NoSchedule',
    'node.kubernetes.io/unschedulable:NoSchedule',
  ])
})

test('pods of a node that is gone are removed after forty seconds', async () => {
  await cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'web' },
    spec: { containers: [{ name: 'c', image: 'nginx' }] },
  })
  await playKubelet(cluster)
  await cluster.admin.delete(nodeKind, { name: 'node-1' })
  const pods = async () => (await cluster.admin.list<Pod>(podKind, { namespace: 'default' })).items
  await live(['node-2'], 30_000)
  expect(await pods()).toHaveLength(1)
  await live(['node-2'], 20_000)
  expect(await pods()).toHaveLength(0)
})
