import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { statefulSet as setKind } from '../../apis/apps-v1/index.js'
import { persistentVolumeClaim as claimKind, node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { StatefulSet } from '../../apis/generated/apps-v1.js'
import type { PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'db' }
const newSet = (spec: Partial<StatefulSet['spec']> = {}) =>
  cluster.admin.create<StatefulSet>(setKind, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...key },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
      updateStrategy: {},
      ...spec,
    },
  })
const current = () => cluster.admin.get(setKind, key)
const pods = async () => (await cluster.admin.list<Pod>(podKind, { namespace: 'default' })).items
const names = async () => (await pods()).map(p => p.metadata.name).sort()
const patch = (body: object) =>
  cluster.admin.patch(setKind, key, { type: 'application/strategic-merge-patch+json', body })
const setImage = (image: string) => patch({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } })
const settled = (size: number) =>
  cluster.until(`${size} members`, async () => {
    await playKubelet(cluster)
    const { status, metadata } = await current()
    return (
      status?.observedGeneration === metadata.generation &&
      (status?.availableReplicas ?? 0) === size &&
      status?.replicas === size &&
      status.currentRevision === status.updateRevision
    )
  })

test('members start one after the other, each with its name and number', async () => {
  await newSet()
  await cluster.until('the first', async () => (await pods()).length === 1)
  await cluster.run(2_000)
  expect(await names()).toEqual(['db-0'])
  await playKubelet(cluster)
  await cluster.until('the second', async () => (await pods()).length === 2)
  await settled(3)
  expect(await names()).toEqual(['db-0', 'db-1', 'db-2'])
  const [first] = await pods()
  // As upstream: a trace of the template.
  expect(first?.metadata.generateName).toBe('db-')
  expect(first?.spec).toMatchObject({ hostname: 'db-0', subdomain: 'db' })
  expect(first?.metadata.labels).toMatchObject({
    'apps.kubernetes.io/pod-index': '0',
    'statefulset.kubernetes.io/pod-name': 'db-0',
    'controller-revision-hash': (await current()).status?.currentRevision,
  })
  expect(await cluster.events('db')).toContain('create Pod db-2 in StatefulSet db successful')
})

test('it shrinks from the highest number, one at a time', async () => {
  await newSet()
  await settled(3)
  await patch({ spec: { replicas: 1 } })
  await cluster.until('one goes', async () => (await pods()).some(p => p.metadata.deletionTimestamp))
  await cluster.run(2_000)
  const going = (await pods()).filter(p => p.metadata.deletionTimestamp)
  expect(going.map(p => p.metadata.name)).toEqual(['db-2'])
  await settled(1)
  expect(await names()).toEqual(['db-0'])
})

test('an update goes from the highest number down, and stops at the partition', async () => {
  await newSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } })
  await settled(3)
  await setImage('two')
  const images = async () => (await pods()).map(p => `${p.metadata.name} ${p.spec.containers[0]?.image}`).sort()
  await cluster.until('two are new', async () => {
    await playKubelet(cluster)
    return (await current()).status?.updatedReplicas === 2 && (await current()).status?.availableReplicas === 3
  })
  await cluster.run(5_000)
  expect(await images()).toEqual(['db-0 one', 'db-1 two', 'db-2 two'])
  await cluster.admin.delete(podKind, { namespace: 'default', name: 'db-0' }, { gracePeriodSeconds: 0 })
  await cluster.until('it is back', async () => (await pods()).length === 3)
  expect(await images()).toContain('db-0 one')
  await patch({ spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
  await settled(3)
  expect(await images()).toEqual(['db-0 two', 'db-1 two', 'db-2 two'])
})

test('with Parallel all members start at once', async () => {
  await newSet({ podManagementPolicy: 'Parallel' })
  await cluster.until('all three', async () => (await pods()).length === 3)
})

test('each member has its claims, kept when it goes, or gone with it if asked', async () => {
  const claims = async () =>
    (await cluster.admin.list<PersistentVolumeClaim>(claimKind, { namespace: 'default' })).items
  const template: PersistentVolumeClaim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  await newSet({
    replicas: 2,
    volumeClaimTemplates: [template],
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
  })
  await settled(2)
  expect((await claims()).map(c => c.metadata.name).sort()).toEqual(['data-db-0', 'data-db-1'])
  const [first] = await pods()
  expect(first?.spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } })
  await patch({ spec: { replicas: 1 } })
  await settled(1)
  await cluster.until('one claim', async () => (await claims()).filter(c => !c.metadata.deletionTimestamp).length === 1)
})

const data: PersistentVolumeClaim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
}
const claim = { namespace: 'default', name: 'data-db-0' }
const ownersOf = async () =>
  ((await cluster.admin.get(claimKind, claim)).metadata.ownerReferences ?? []).map(o => `${o.kind} ${o.controller}`)
const setOwners = (ownerReferences: object[]) =>
  cluster.admin.patch(claimKind, claim, {
    type: 'application/merge-patch+json',
    body: { metadata: { ownerReferences } },
  })
const retention = (whenDeleted: string, whenScaled: string) => ({
  persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
})

test('a policy that changes gives the claims of running members other owners', async () => {
  await newSet({ replicas: 1, volumeClaimTemplates: [data] })
  await settled(1)
  expect(await ownersOf()).toEqual([])
  await patch({ spec: retention('Delete', 'Retain') })
  await cluster.until('the set owns it', async () => (await ownersOf()).includes('StatefulSet true'))
  expect(await cluster.events('db')).toContain('update Pod db-0 in StatefulSet db successful')
  await patch({ spec: retention('Retain', 'Retain') })
  await cluster.until('nobody owns it', async () => (await ownersOf()).length === 0)
})

test('a claim that another controller owns is left to it', async () => {
  await newSet({ replicas: 1, volumeClaimTemplates: [data], ...retention('Delete', 'Retain') })
  await settled(1)
  const { metadata: node } = await cluster.admin.get(nodeKind, { name: 'node-1' })
  const other = { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: node.uid, controller: true }
  const { metadata } = await current()
  await setOwners([other, { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: metadata.uid }])
  await patch({ metadata: { annotations: { look: 'again' } } })
  await cluster.until('only the other owns it', async () => (await ownersOf()).join() === 'Node true')
  const text =
    'PersistentVolumeClaim data-db-0 has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim'
  expect(await cluster.events('db')).toContain(text)
})

test('a new member waits until the claim that goes with the former one is gone', async () => {
  await newSet({ replicas: 1, volumeClaimTemplates: [data], ...retention('Retain', 'Delete') })
  await settled(1)
  const hold = { type: 'application/merge-patch+json', body: { metadata: { finalizers: ['test/hold'] } } } as const
  await cluster.admin.patch(claimKind, claim, hold)
  await patch({ spec: { replicas: 0 } })
  await settled(0)
  await patch({ spec: { replicas: 1 } })
  await cluster.run(3_000)
  expect(await names()).toEqual([])
  const free = { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } } as const
  await cluster.admin.patch(claimKind, claim, free)
  await settled(1)
  expect(await ownersOf()).toEqual([])
})

test('a member that failed is replaced', async () => {
  await newSet({ replicas: 1 })
  await settled(1)
  const [failed] = await pods()
  const body = { status: { phase: 'Failed' } }
  await cluster.admin.patch(
    podKind,
    { namespace: 'default', name: 'db-0' },
    { type: 'application/merge-patch+json', body },
    { subresource: 'status' },
  )
  await cluster.until('another', async () => {
    await playKubelet(cluster)
    const [now] = await pods()
    return now !== undefined && now.metadata.uid !== failed?.metadata.uid
  })
})
