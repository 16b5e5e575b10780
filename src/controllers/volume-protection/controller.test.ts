import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { persistentVolumeClaim as claimKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { VolumeAttributesClass } from '../../apis/generated/storage-v1.js'
import { volumeAttributesClass } from '../../apis/storage-v1/index.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'data' }
const newClaim = (className?: string) =>
  cluster.admin.create<PersistentVolumeClaim>(claimKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...key },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...(className && { volumeAttributesClassName: className }),
    },
  })
const claims = async () => (await cluster.admin.list(claimKind, { namespace: 'default' })).items

test('a claim that a pod uses is deleted when the pod is gone', async () => {
  await newClaim()
  await cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      containers: [{ name: 'c', image: 'nginx' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
  })
  await playKubelet(cluster)
  await cluster.admin.delete(claimKind, key)
  await cluster.run(2_000)
  expect((await claims())[0]?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  await cluster.admin.delete(podKind, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 })
  await cluster.until('the claim is gone', async () => (await claims()).length === 0)
})

test('a claim that nobody uses goes at once', async () => {
  await newClaim()
  await cluster.admin.delete(claimKind, key)
  await cluster.until('the claim is gone', async () => (await claims()).length === 0)
})

test('a class of volume attributes stays while a claim wants it', async () => {
  const [apiVersion, kind] = ['storage.k8s.io/v1', 'VolumeAttributesClass']
  const made: VolumeAttributesClass = {
    apiVersion,
    kind,
    metadata: { name: 'fast' },
    driverName: 'd',
    parameters: { a: 'b' },
  }
  await cluster.admin.create<VolumeAttributesClass>(volumeAttributesClass, made)
  await newClaim('fast')
  await cluster.admin.delete(volumeAttributesClass, { name: 'fast' })
  await cluster.run(2_000)
  const classes = async () => (await cluster.admin.list(volumeAttributesClass)).items
  expect((await classes())[0]?.metadata.finalizers).toEqual(['kubernetes.io/vac-protection'])
  await cluster.admin.delete(claimKind, key)
  await cluster.until('the class is gone', async () => (await classes()).length === 0)
})
