import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  persistentVolumeClaim as claimKind,
  node as nodeKind,
  pod as podKind,
  persistentVolume as volumeKind,
} from '../../apis/core-v1/index.js'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { StorageClass } from '../../apis/generated/storage-v1.js'
import { storageClass as classKind } from '../../apis/storage-v1/index.js'
import { newInformerFactory } from '../../client/informer-factory.js'
import { startTestCluster, type TestCluster } from '../../controllers/testing/cluster.js'
import { SeededRandom } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { startScheduler } from '../scheduler.js'

let cluster: TestCluster
let stop: () => Promise<void>
beforeEach(async () => {
  cluster = await startTestCluster({ volumes: { path: '/volumes', make: async () => {}, remove: async () => {} } })
  const shared = {
    client: cluster.clientFor('system:kube-scheduler'),
    clock: cluster.clock,
    random: new SeededRandom(),
    log: silentLogger,
  }
  const informers = newInformerFactory({ ...shared, client: cluster.admin })
  const scheduler = startScheduler({ ...shared, informers, metrics: newMetricRegistry() })
  informers.start()
  stop = async () => {
    scheduler.stop()
    informers.stop()
    await cluster.stop()
  }
  for (const name of ['a', 'b']) await addNode(name)
})
afterEach(() => stop())

async function addNode(name: string): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name }
  await cluster.admin.create(nodeKind, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {} })
  const at = '2025-01-01T00:00:00Z'
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: at, lastTransitionTime: at }
  const status = {
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
  }
  const body = { status: { ...status, conditions: [ready] } }
  await cluster.admin.patch(
    nodeKind,
    { name },
    { type: 'application/merge-patch+json', body },
    { subresource: 'status' },
  )
}

const newClass = (name: string, provisioner: string) =>
  cluster.admin.create<StorageClass>(classKind, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
  })
const newLocalVolume = (name: string, node: string) =>
  cluster.admin.create<PersistentVolume>(volumeKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      local: { path: '/data' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
          ],
        },
      },
    },
  })
const newClaim = (name: string, storageClassName: string) =>
  cluster.admin.create<PersistentVolumeClaim>(claimKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName },
  })
const newPod = (name: string, claimName: string) =>
  cluster.until('the default account', () =>
    cluster.admin
      .create<Pod>(podKind, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default' },
        spec: {
          containers: [{ name: 'c', image: 'nginx' }],
          tolerations: [{ operator: 'Exists' }],
          volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
        },
      })
      .then(
        () => true,
        () => false,
      ),
  )
const key = (name: string) => ({ namespace: 'default', name })
const nodeOf = async (name: string) => (await cluster.admin.get(podKind, key(name))).spec.nodeName
const claim = (name: string) => cluster.admin.get(claimKind, key(name))
const placed = (name: string) => cluster.until(`${name} is placed`, async () => (await nodeOf(name)) !== undefined)

test('a pod goes where a local volume is free, which is then bound to its claim; two pods never share it', async () => {
  await newClass('local', 'kubernetes.io/no-provisioner')
  await newLocalVolume('pv-b', 'b')
  await newClaim('one', 'local')
  await newClaim('two', 'local')
  await newPod('first', 'one')
  await placed('first')
  expect(await nodeOf('first')).toBe('b')
  expect((await claim('one')).spec.volumeName).toBe('pv-b')

  await newPod('second', 'two')
  await cluster.until('it is told', async () => (await cluster.events('second')).some(e => e.startsWith('0/2 nodes')))
  expect(await cluster.events('second')).toContain(
    "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  )
  await newLocalVolume('pv-a', 'a')
  await placed('second')
  expect(await nodeOf('second')).toBe('a')
})

test('a claim that waits gets a new volume once its pod has a node', async () => {
  await newClass('made', 'minik8s.dev/hostpath')
  await newClaim('data', 'made')
  await newPod('p', 'data')
  await placed('p')
  const { metadata, status } = await claim('data')
  expect(metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe(await nodeOf('p'))
  expect(status?.phase).toBe('Bound')
})

test('a provisioner that gives up lets the pod be tried anew', async () => {
  await newClass('theirs', 'example.com/theirs')
  await newClaim('data', 'theirs')
  await newPod('p', 'data')
  const chosen = async () => (await claim('data')).metadata.annotations?.['volume.kubernetes.io/selected-node']
  await cluster.until('a node is chosen', async () => (await chosen()) !== undefined)
  expect(await nodeOf('p')).toBeUndefined()
  const body = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null } } }
  await cluster.admin.patch(claimKind, key('data'), { type: 'application/merge-patch+json', body })
  const words = 'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "data"'
  await cluster.until('it is told', async () => (await cluster.events('p')).includes(words))
  await cluster.until('a node is chosen anew', async () => (await chosen()) !== undefined)
})
