/** Volumes that drivers attach to nodes, and devices that pods claim. */
import { node, persistentVolume, persistentVolumeClaim, pod } from '../../../../src/apis/core-v1/index.js'
import type { ResourceClaim } from '../../../../src/apis/generated/resource-v1.js'
import { resourceClaim, resourceClaimTemplate } from '../../../../src/apis/resource-v1/index.js'
import { volumeAttachment } from '../../../../src/apis/storage-v1/index.js'
import type { TestCluster } from '../../../../src/controllers/testing/cluster.js'
import { container, create, list, merge, named, prepare, type Scenario, untilGone, untilIs } from '../scenario.js'

const volume = 'kubernetes.io/csi/disk.example.com^vol-1'

/** A pod on that node that uses the claim. */
const user = (cluster: TestCluster, nodeName: string) =>
  create(cluster, pod, `on-${nodeName}`, {
    spec: {
      nodeName,
      containers: [container()],
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
    },
  })

const status = ({ admin }: TestCluster, of: typeof node | typeof volumeAttachment, name: string, body: object) =>
  admin.patch(
    of as typeof node,
    { name },
    { type: 'application/merge-patch+json', body: { status: body } },
    { subresource: 'status' },
  )

/** What the driver does once it is asked. */
async function attach(cluster: TestCluster, nodeName: string): Promise<void> {
  const found = async () => (await list(cluster, volumeAttachment)).find(({ spec }) => spec.nodeName === nodeName)
  await cluster.until(`an attachment to ${nodeName}`, async () => (await found()) !== undefined)
  await status(cluster, volumeAttachment, (await found())?.metadata.name ?? '', { attached: true })
  await cluster.until('the node is told', async () => {
    const { status: told } = await cluster.admin.get(node, { name: nodeName })
    return told?.volumesAttached?.[0]?.name === volume
  })
}

/** What the scheduler does once there are devices. */
async function allocate(cluster: TestCluster, podName: string): Promise<void> {
  const { metadata } = await cluster.admin.get(pod, named(podName))
  const [claim] = (await list<ResourceClaim>(cluster, resourceClaim)).filter(
    each => each.metadata.ownerReferences?.[0]?.uid === metadata.uid,
  )
  const name = claim?.metadata.name ?? ''
  const finalizers = ['resource.kubernetes.io/delete-protection']
  const held = await merge<ResourceClaim>(cluster, resourceClaim, named(name), { metadata: { finalizers } })
  const results = [{ request: 'r', driver: 'gpu.example.com', pool: 'one', device: 'gpu-0' }]
  const reservedFor = [{ resource: 'pods', name: podName, uid: metadata.uid ?? '' }]
  const given = { allocation: { devices: { results } }, reservedFor }
  await cluster.admin.updateStatus<ResourceClaim>(resourceClaim, { ...held, status: given })
}

export const devices: readonly Scenario[] = [
  {
    name: 'Volume is attached, moves to another node, and is detached',
    accounts: ['attachdetach-controller', 'ttl-controller'],
    async play(cluster) {
      await prepare(cluster, ['one', 'two'])
      const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' }
      for (const name of ['one', 'two']) await merge(cluster, node, { name }, { metadata: { annotations } })
      const spec = { accessModes: ['ReadWriteOnce'], storageClassName: '' }
      await create(cluster, persistentVolume, 'data', {
        spec: {
          ...spec,
          capacity: { storage: '1Gi' },
          csi: { driver: 'disk.example.com', volumeHandle: 'vol-1' },
          claimRef: { namespace: 'default', name: 'data' },
        },
      })
      const resources = { requests: { storage: '1Gi' } }
      await create(cluster, persistentVolumeClaim, 'data', { spec: { ...spec, volumeName: 'data', resources } })
      await user(cluster, 'one')
      await attach(cluster, 'one')
      await status(cluster, node, 'one', { volumesInUse: [volume] })
      await user(cluster, 'two')
      await cluster.admin.delete(pod, named('on-one'), { gracePeriodSeconds: 0 })
      await cluster.run(1_000)
      await status(cluster, node, 'one', { volumesInUse: null })
      await attach(cluster, 'two')
      await cluster.admin.delete(pod, named('on-two'), { gracePeriodSeconds: 0 })
      await cluster.until('no attachment', async () => (await list(cluster, volumeAttachment)).length === 0)
      await untilGone(cluster, pod, named('on-two'))
    },
  },
  {
    name: 'Pod gets a claim of its template, ends, and the claim goes',
    accounts: ['resource-claim-controller'],
    async play(cluster) {
      await prepare(cluster)
      const requests = [{ name: 'r', exactly: { deviceClassName: 'gpu.example.com' } }]
      await create(cluster, resourceClaimTemplate, 'gpu', { spec: { spec: { devices: { requests } } } })
      await create(cluster, pod, 'train', {
        spec: {
          containers: [container()],
          restartPolicy: 'Never',
          resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }],
        },
      })
      await untilIs(cluster, [pod, named('train')], ({ status: { resourceClaimStatuses } = {} }) =>
        resourceClaimStatuses?.every(({ resourceClaimName }) => resourceClaimName),
      )
      await allocate(cluster, 'train')
      await cluster.run(1_000)
      await cluster.admin.patch(
        pod,
        named('train'),
        { type: 'application/merge-patch+json', body: { status: { phase: 'Succeeded' } } },
        { subresource: 'status' },
      )
      await cluster.until('no claim', async () => (await list(cluster, resourceClaim)).length === 0)
    },
  },
]
