import { expect, test } from '@jest/globals'
import {
  persistentVolumeClaim as claimKind,
  node as nodeKind,
  pod as podKind,
  persistentVolume as volumeKind,
} from '../../apis/core-v1/index.js'
import { csiDriver, volumeAttachment } from '../../apis/storage-v1/index.js'
import { addNode, startTestCluster, type TestCluster } from '../testing/cluster.js'

const volume = 'kubernetes.io/csi/disk.example.com^vol-1'
const merge = (body: object) => ({ type: 'application/merge-patch+json' as const, body })

async function addManagedNode(cluster: TestCluster, name: string): Promise<void> {
  await addNode(cluster, name)
  const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' }
  await cluster.admin.patch(nodeKind, { name }, merge({ metadata: { annotations } }))
}

async function addVolume({ admin }: TestCluster): Promise<void> {
  const spec = { accessModes: ['ReadWriteOnce'], storageClassName: '' }
  await admin.create(volumeKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'data' },
    spec: {
      ...spec,
      capacity: { storage: '1Gi' },
      csi: { driver: 'disk.example.com', volumeHandle: 'vol-1' },
      claimRef: { namespace: 'default', name: 'data' },
    },
  } as never)
  await admin.create(claimKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec: { ...spec, volumeName: 'data', resources: { requests: { storage: '1Gi' } } },
  } as never)
}

const addPod = ({ admin }: TestCluster, nodeName: string) =>
  admin.create(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${nodeName}`, namespace: 'default' },
    spec: {
      nodeName,
      containers: [{ name: 'c', image: 'nginx' }],
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
    },
  } as never)

const attachments = async ({ admin }: TestCluster) => (await admin.list(volumeAttachment)).items
const statusOf = async ({ admin }: TestCluster, name: string) => (await admin.get(nodeKind, { name })).status

// The course, objects and words are those of stock kube-controller-manager v1.34.4.
test('a volume moves from one node to the other once the first has unmounted it', async () => {
  await using cluster = await startTestCluster()
  for (const name of ['one', 'two']) await addManagedNode(cluster, name)
  await cluster.run(1_000)
  await addVolume(cluster)
  await addPod(cluster, 'one')
  await cluster.until('an attachment', async () => (await attachments(cluster)).length === 1)
  const [asked] = await attachments(cluster)
  expect(asked).toMatchObject({
    metadata: { name: 'csi-a509581e44ef7c663d02aa9842eb83f33f670a8003621ed016d809a7ef302ec2' },
    spec: { attacher: 'disk.example.com', nodeName: 'one', source: { persistentVolumeName: 'data' } },
  })
  await addPod(cluster, 'two')
  await cluster.until('web-two is told', async () =>
    (await cluster.events('web-two')).includes(
      'Multi-Attach error for volume "data" Volume is already used by pod(s) web-one',
    ),
  )
  const { name = '' } = asked?.metadata ?? {}
  const attach = (of: string) =>
    cluster.admin.patch(volumeAttachment, { name: of }, merge({ status: { attached: true } }), {
      subresource: 'status',
    })
  const say = (volumesInUse: string[]) =>
    cluster.admin.patch(nodeKind, { name: 'one' }, merge({ status: { volumesInUse } }), { subresource: 'status' })
  await attach(name)
  await cluster.until('the node is told', async () => (await statusOf(cluster, 'one'))?.volumesAttached !== undefined)
  expect((await statusOf(cluster, 'one'))?.volumesAttached).toEqual([{ name: volume, devicePath: '' }])
  await cluster.run(1_000)
  expect(await cluster.events('web-one')).toEqual(['AttachVolume.Attach succeeded for volume "data" '])

  await say([volume])
  await cluster.admin.delete(podKind, { namespace: 'default', name: 'web-one' }, { gracePeriodSeconds: 0 })
  await cluster.run(20_000)
  expect((await attachments(cluster)).map(({ spec }) => spec.nodeName)).toEqual(['one'])
  const plugin = 'kubernetes.io/csi:disk.example.com'
  expect(await cluster.metrics('attachdetach_controller_total_volumes')).toEqual([
    `attachdetach_controller_total_volumes{plugin_name="${plugin}",state="actual_state_of_world"} 1`,
    `attachdetach_controller_total_volumes{plugin_name="${plugin}",state="desired_state_of_world"} 1`,
  ])
  expect(await cluster.metrics('storage_count_attachable_volumes_in_use')).toEqual([
    `storage_count_attachable_volumes_in_use{node="two",volume_plugin="${plugin}"} 1`,
  ])
  await say([])
  await cluster.until('it moved', async () => (await attachments(cluster)).some(({ spec }) => spec.nodeName === 'two'))
  expect((await attachments(cluster)).map(({ spec }) => spec.nodeName)).toEqual(['two'])
  expect((await statusOf(cluster, 'one'))?.volumesAttached).toBeUndefined()
})

test('a volume of a node that is out of service is taken by force, which is counted', async () => {
  await using cluster = await startTestCluster()
  await addManagedNode(cluster, 'one')
  await cluster.run(1_000)
  await addVolume(cluster)
  await addPod(cluster, 'one')
  await cluster.until('an attachment', async () => (await attachments(cluster)).length === 1)
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoSchedule' }]
  await cluster.admin.patch(nodeKind, { name: 'one' }, merge({ spec: { taints } }))
  await cluster.admin.delete(podKind, { namespace: 'default', name: 'web-one' }, { gracePeriodSeconds: 0 })
  await cluster.until('it is gone', async () => (await attachments(cluster)).length === 0)
  expect(await cluster.metrics('attach_detach_controller_attachdetach_controller_forced_detaches')).toEqual([
    'attach_detach_controller_attachdetach_controller_forced_detaches{reason="out-of-service"} 1',
  ])
})

test('a driver that attaches nothing is asked for nothing', async () => {
  await using cluster = await startTestCluster()
  const spec = { attachRequired: false }
  const driver = { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: 'disk.example.com' }, spec }
  await cluster.admin.create(csiDriver, driver as never)
  await addManagedNode(cluster, 'one')
  await cluster.run(1_000)
  await addVolume(cluster)
  await addPod(cluster, 'one')
  await cluster.run(5_000)
  expect(await attachments(cluster)).toEqual([])
})
