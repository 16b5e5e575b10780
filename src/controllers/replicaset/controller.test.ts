import { expect, test } from '@jest/globals'
import { replicaSet as replicaSetKind } from '../../apis/apps-v1/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { ReplicaSet } from '../../apis/generated/apps-v1.js'
import { addNode, playKubelet, startTestCluster } from '../testing/cluster.js'

const newReplicaSet = (replicas: number): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  },
})

const key = { namespace: 'default', name: 'web' }

test('a ReplicaSet makes its pods, counts them, and follows its size', async () => {
  const cluster = await startTestCluster()
  const { admin, until } = cluster
  const pods = async () => (await admin.list(podKind, { namespace: 'default' })).items
  await until('the default service account', () =>
    admin
      .list({ ...podKind, names: { plural: 'serviceaccounts', singular: '' } }, { namespace: 'default' })
      .then(l => l.items.length > 0),
  )
  await addNode(cluster)
  await admin.create(replicaSetKind, newReplicaSet(3))
  await until('three pods', async () => (await pods()).length === 3)
  await cluster.run(1_000)
  expect(await pods()).toHaveLength(3)
  await playKubelet(cluster)
  await until('three ready', async () => (await admin.get(replicaSetKind, key)).status?.readyReplicas === 3)
  const events = await cluster.events('web')
  expect(events.filter(e => /^Created pod: web-/.test(e))).toHaveLength(3)

  const grown = await admin.get(replicaSetKind, key)
  await admin.update(replicaSetKind, { ...grown, spec: { ...grown.spec, replicas: 1 } })
  await until('two go', async () => (await pods()).filter(p => p.metadata.deletionTimestamp).length === 2)
  await playKubelet(cluster)
  await until('one left', async () => (await admin.get(replicaSetKind, key)).status?.replicas === 1)
  await cluster.stop()
})
