/** Sets of pods: grown, changed, shrunk. */
import { daemonSet, deployment, replicaSet, statefulSet } from '../../../../src/apis/apps-v1/index.js'
import { persistentVolumeClaim, pod, replicationController } from '../../../../src/apis/core-v1/index.js'
import { addNode } from '../../../../src/controllers/testing/cluster.js'
import { create, keepAlive, list, merge, named, prepare, type Scenario, template, untilIs } from '../scenario.js'

const app = (name: string) => ({ matchLabels: { app: name } })
const imageIs = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } })
const orphan = (name: string) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'c', image: 'one' }] },
})

export const workloads: readonly Scenario[] = [
  {
    name: 'ReplicaSet adopts, grows, shrinks',
    accounts: ['replicaset-controller'],
    async play(cluster) {
      await prepare(cluster)
      const web = [replicaSet, named('web')] as const
      await create(cluster, pod, 'stray', orphan('web'))
      await create(cluster, replicaSet, 'web', {
        spec: { replicas: 4, selector: app('web'), template: template('web') },
      })
      await untilIs(cluster, web, ({ status }) => status?.readyReplicas === 4)
      await merge(cluster, pod, named('stray'), { metadata: { labels: { app: 'other' } } })
      await untilIs(cluster, web, ({ status }) => status?.readyReplicas === 4 && status.replicas === 4)
      await merge(cluster, ...web, { spec: { replicas: 1 } })
      await untilIs(cluster, web, ({ status }) => status?.replicas === 1 && status.readyReplicas === 1)
    },
  },
  {
    name: 'ReplicationController grows and shrinks',
    accounts: ['replication-controller'],
    async play(cluster) {
      await prepare(cluster)
      const old = [replicationController, named('old')] as const
      await create(cluster, replicationController, 'old', {
        spec: { replicas: 3, selector: { app: 'old' }, template: template('old') },
      })
      await untilIs(cluster, old, ({ status }) => status?.readyReplicas === 3)
      await merge(cluster, ...old, { spec: { replicas: 1 } })
      await untilIs(cluster, old, ({ status }) => status?.replicas === 1 && status.readyReplicas === 1)
    },
  },
  {
    name: 'Deployment rolls out, rolls back, forgets old revisions',
    accounts: ['deployment-controller', 'replicaset-controller'],
    async play(cluster) {
      await prepare(cluster)
      await keepAlive(cluster, 'node-1')
      const web = [deployment, named('web')] as const
      const rolled = () =>
        untilIs(
          cluster,
          web,
          ({ metadata, status }) =>
            status?.observedGeneration === metadata.generation &&
            status?.updatedReplicas === 3 &&
            status.availableReplicas === 3 &&
            status.replicas === 3,
        )
      await create(cluster, deployment, 'web', {
        spec: { replicas: 3, revisionHistoryLimit: 1, selector: app('web'), template: template('web'), strategy: {} },
      })
      await rolled()
      for (const image of ['two', 'three', 'two']) {
        await merge(cluster, ...web, imageIs(image))
        await rolled()
      }
      await cluster.until('one old revision', async () => (await list(cluster, replicaSet)).length === 2)
    },
  },
  {
    name: 'StatefulSet with claims grows, rolls, shrinks',
    accounts: ['statefulset-controller'],
    async play(cluster) {
      await prepare(cluster)
      await keepAlive(cluster, 'node-1')
      const db = [statefulSet, named('db')] as const
      const settled = (size: number) =>
        untilIs(
          cluster,
          db,
          ({ metadata, status }) =>
            status?.observedGeneration === metadata.generation &&
            status?.replicas === size &&
            status.availableReplicas === size &&
            status.currentRevision === status.updateRevision &&
            status.updatedReplicas === size,
        )
      const data = {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }
      await create(cluster, statefulSet, 'db', {
        spec: {
          replicas: 3,
          serviceName: 'db',
          selector: app('db'),
          template: template('db'),
          updateStrategy: { type: 'RollingUpdate' },
          volumeClaimTemplates: [data],
          persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
        },
      })
      await settled(3)
      await merge(cluster, ...db, imageIs('two'))
      await settled(3)
      await merge(cluster, ...db, { spec: { replicas: 1 } })
      await settled(1)
      await cluster.until('one claim', async () => (await list(cluster, persistentVolumeClaim)).length === 1)
    },
  },
  {
    name: 'DaemonSet follows nodes and rolls',
    accounts: ['daemon-set-controller'],
    async play(cluster) {
      await prepare(cluster, ['node-1', 'node-2'])
      const agent = [daemonSet, named('agent')] as const
      const settled = (size: number) =>
        untilIs(
          cluster,
          agent,
          ({ metadata, status }) =>
            status?.observedGeneration === metadata.generation &&
            status?.updatedNumberScheduled === size &&
            status.numberAvailable === size,
        )
      await create(cluster, daemonSet, 'agent', {
        spec: { selector: app('agent'), template: template('agent'), updateStrategy: {} },
      })
      await settled(2)
      await addNode(cluster, 'node-3')
      await settled(3)
      await merge(cluster, ...agent, imageIs('two'))
      await settled(3)
      await cluster.until('only new pods', async () =>
        (await list(cluster, pod)).every(p => p.spec.containers[0]?.image === 'two'),
      )
    },
  },
]
