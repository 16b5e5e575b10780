import { expect, test } from '@jest/globals'
import { persistentVolumeClaim as claimKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import { startTestCluster } from '../testing/cluster.js'

const newPod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    containers: [{ name: 'c', image: 'nginx' }],
    serviceAccountName: 'default',
    automountServiceAccountToken: false,
    volumes: [
      {
        name: 'scratch',
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { labels: { of: 'pod' } },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        },
      },
    ],
  },
})

test('a pod gets the claims of its templates, again when one is deleted, and never one that is not its own', async () => {
  await using cluster = await startTestCluster()
  const { admin, until } = cluster
  const claims = async () => (await admin.list<PersistentVolumeClaim>(claimKind)).items
  await until('the default account', () =>
    admin.create<Pod>(podKind, newPod('first')).then(
      () => true,
      () => false,
    ),
  )
  await until('a claim', async () => (await claims()).length === 1)
  const [claim] = await claims()
  expect(claim?.metadata).toMatchObject({
    name: 'first-scratch',
    labels: { of: 'pod' },
    ownerReferences: [{ kind: 'Pod', name: 'first', controller: true, blockOwnerDeletion: true }],
  })
  await admin.patch(
    claimKind,
    { namespace: 'default', name: 'first-scratch' },
    { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } },
  )
  await admin.delete(claimKind, { namespace: 'default', name: 'first-scratch' })
  await until('another', async () => {
    const [again] = await claims()
    return again !== undefined && again.metadata.uid !== claim?.metadata.uid
  })

  await admin.create<PersistentVolumeClaim>(claimKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'second-scratch', namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  await admin.create<Pod>(podKind, newPod('second'))
  const words =
    'ephemeral volume scratch: PVC default/second-scratch was not created for pod default/second (pod is not owner)'
  await until('it is told', async () => (await cluster.events('second')).includes(words))
})
