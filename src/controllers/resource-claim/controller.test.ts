import { expect, test } from '@jest/globals'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import { resourceClaim, resourceClaimTemplate } from '../../apis/resource-v1/index.js'
import { addNode, startTestCluster, type TestCluster } from '../testing/cluster.js'
import { claimPrefix } from './new-claim.js'

const requests = [{ name: 'r', exactly: { deviceClassName: 'gpu.example.com' } }]
const inDefault = (name: string) => ({ namespace: 'default', name })

const addPod = ({ admin }: TestCluster, name: string, template: string) =>
  admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: inDefault(name),
    spec: {
      containers: [{ name: 'c', image: 'nginx' }],
      resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: template }],
    },
  })

async function addTemplate({ admin }: TestCluster): Promise<void> {
  await admin.create(resourceClaimTemplate, {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaimTemplate',
    metadata: inDefault('gpu'),
    spec: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: { devices: { requests } } },
  } as never)
}

const claims = async ({ admin }: TestCluster) => (await admin.list<ResourceClaim>(resourceClaim)).items

/** As the scheduler does it. */
async function allocate({ admin }: TestCluster, claim: ResourceClaim, pod: Pod): Promise<void> {
  const finalizers = ['resource.kubernetes.io/delete-protection']
  const held = await admin.update<ResourceClaim>(resourceClaim, {
    ...claim,
    metadata: { ...claim.metadata, finalizers },
  })
  const { name = '', uid = '' } = pod.metadata
  const results = [{ request: 'r', driver: 'gpu.example.com', pool: 'node-1', device: 'gpu-0' }]
  const reservedFor = [{ resource: 'pods', name, uid }]
  await admin.updateStatus<ResourceClaim>(resourceClaim, {
    ...held,
    status: { allocation: { devices: { results } }, reservedFor },
  })
}

// What is written, and the words, are those of stock kube-controller-manager v1.34.4.
test('a pod gets the claim of its template, which goes when the pod has ended', async () => {
  await using cluster = await startTestCluster()
  const { admin, until } = cluster
  await addNode(cluster)
  await cluster.run(1_000)
  await addTemplate(cluster)
  const pod = await addPod(cluster, 'train', 'gpu')
  const statuses = async () => (await admin.get<Pod>(podKind, inDefault('train'))).status?.resourceClaimStatuses
  await until('the pod is told', async () => (await statuses()) !== undefined)
  const [claim] = await claims(cluster)
  expect(claim).toMatchObject({
    metadata: {
      generateName: 'train-gpu-',
      annotations: { c: 'd', 'resource.kubernetes.io/pod-claim-name': 'gpu' },
      labels: { a: 'b' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'train', controller: true, blockOwnerDeletion: true }],
    },
    spec: { devices: { requests: [{ name: 'r', exactly: { allocationMode: 'ExactCount', count: 1 } }] } },
  })
  expect(await statuses()).toEqual([{ name: 'gpu', resourceClaimName: claim?.metadata.name }])

  await allocate(cluster, claim as ResourceClaim, pod)
  await cluster.run(5_000)
  expect((await claims(cluster))[0]?.status?.reservedFor).toHaveLength(1)
  expect(await cluster.metrics('resourceclaim_controller_')).toEqual([
    'resourceclaim_controller_creates_total{status="success",admin_access="false"} 1',
    'resourceclaim_controller_resource_claims{allocated="true",admin_access="false"} 1',
  ])
  const ended = { type: 'application/merge-patch+json', body: { status: { phase: 'Succeeded' } } } as const
  await admin.patch(podKind, inDefault('train'), ended, { subresource: 'status' })
  await until('the claim is gone', async () => (await claims(cluster)).length === 0)
})

test('a claim that users made is given back when its last user is gone', async () => {
  await using cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
  const shared = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: inDefault('shared') }
  const claim = await cluster.admin.create<ResourceClaim>(resourceClaim, { ...shared, spec: { devices: { requests } } })
  const spec = {
    containers: [{ name: 'c', image: 'nginx' }],
    resourceClaims: [{ name: 'gpu', resourceClaimName: 'shared' }],
  }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: inDefault('train'), spec }
  await allocate(cluster, claim, await cluster.admin.create<Pod>(podKind, pod))
  const later = { ...pod, metadata: inDefault('by-hand'), spec: { ...spec, nodeName: 'node-1' } }
  await cluster.admin.create<Pod>(podKind, later)
  const users = async () => (await claims(cluster))[0]?.status?.reservedFor?.map(({ name }) => name)
  await cluster.until('both use it', async () => (await users())?.length === 2)
  expect(await users()).toEqual(['train', 'by-hand'])
  for (const name of ['train', 'by-hand'])
    await cluster.admin.delete(podKind, inDefault(name), { gracePeriodSeconds: 0 })
  await cluster.until('nobody uses it', async () => (await users()) === undefined)
  await cluster.run(1_000)
  const [free] = await claims(cluster)
  expect([free?.status?.allocation, free?.metadata.finalizers]).toEqual([undefined, undefined])
})

test('a pod whose template is missing is told', async () => {
  await using cluster = await startTestCluster()
  await cluster.run(1_000)
  await addPod(cluster, 'lost', 'nothing')
  const words =
    'PodResourceClaim gpu: resource claim template "nothing": resourceclaimtemplate.resource.k8s.io "nothing" not found'
  await cluster.until('it is told', async () => (await cluster.events('lost')).includes(words))
})

test('names of generated claims are cut in proportion', () => {
  expect(claimPrefix('train', 'gpu')).toBe('train-gpu-')
  const long = claimPrefix('p'.repeat(60), 'e'.repeat(20))
  expect(long).toBe(`${'p'.repeat(41)}-${'e'.repeat(13)}`)
})
