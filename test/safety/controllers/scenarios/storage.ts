/** Claims and volumes. */
import { persistentVolume, persistentVolumeClaim, pod } from '../../../../src/apis/core-v1/index.js'
import { storageClass } from '../../../../src/apis/storage-v1/storage-class.js'
import { volumeAttributesClass } from '../../../../src/apis/storage-v1/volume-attributes-class.js'
import { playKubelet } from '../../../../src/controllers/testing/cluster.js'
import { container, create, list, merge, named, prepare, type Scenario, untilGone, untilIs } from '../scenario.js'

const claim = (more: object = {}) => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...more },
})
const bound = ({ status }: { status?: { phase?: string } }) => status?.phase === 'Bound'
/** Directories in memory. */
const directories = () => ({ volumes: { path: '/volumes', make: async () => {}, remove: async () => {} } })

export const storage: readonly Scenario[] = [
  {
    name: 'Claim binds a volume, which is released',
    accounts: ['persistent-volume-binder', 'pv-protection-controller', 'pvc-protection-controller'],
    async play(cluster) {
      const volume = {
        spec: { capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data/a' } },
      }
      await create(cluster, persistentVolume, 'a', volume)
      await create(cluster, persistentVolumeClaim, 'data', claim({ storageClassName: '' }))
      await untilIs(cluster, [persistentVolumeClaim, named('data')], bound)
      await cluster.admin.delete(persistentVolumeClaim, named('data'))
      await untilGone(cluster, persistentVolumeClaim, named('data'))
      await untilIs(cluster, [persistentVolume, { name: 'a' }], ({ status }) => status?.phase === 'Released')
      await cluster.admin.delete(persistentVolume, { name: 'a' })
      await untilGone(cluster, persistentVolume, { name: 'a' })
    },
  },
  {
    name: 'Claim gets a volume made for it, which grows and goes',
    accounts: [
      'persistent-volume-binder',
      'expand-controller',
      'pv-protection-controller',
      'pvc-protection-controller',
    ],
    options: directories,
    async play(cluster) {
      const data = [persistentVolumeClaim, named('data')] as const
      await create(cluster, storageClass, 'own', {
        provisioner: 'minik8s.dev/hostpath',
        reclaimPolicy: 'Delete',
        allowVolumeExpansion: true,
      })
      await create(cluster, persistentVolumeClaim, 'data', claim({ storageClassName: 'own' }))
      await untilIs(cluster, data, bound)
      await merge(cluster, ...data, { spec: { resources: { requests: { storage: '2Gi' } } } })
      await untilIs(cluster, data, ({ status }) => status?.capacity?.storage === '2Gi')
      await cluster.admin.delete(...data)
      await cluster.until('no volume', async () => (await list(cluster, persistentVolume)).length === 0)
    },
  },
  {
    name: 'Pod keeps its ephemeral claim',
    accounts: ['ephemeral-volume-controller', 'pvc-protection-controller', 'generic-garbage-collector'],
    async play(cluster) {
      await prepare(cluster)
      const { spec } = claim()
      const volumes = [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec } } }]
      await create(cluster, pod, 'web', { spec: { containers: [container()], volumes } })
      await cluster.until('a claim', async () => (await list(cluster, persistentVolumeClaim)).length === 1)
      await playKubelet(cluster)
      await cluster.admin.delete(pod, named('web'))
      await cluster.until('no claim', async () => {
        await playKubelet(cluster)
        return (await list(cluster, persistentVolumeClaim)).length === 0
      })
    },
  },
  {
    name: 'Class of attributes goes after its claim',
    accounts: ['volumeattributesclass-protection-controller', 'pvc-protection-controller'],
    async play(cluster) {
      const fast = { name: 'fast' }
      await create(cluster, volumeAttributesClass, 'fast', { driverName: 'd', parameters: { a: 'b' } })
      await create(cluster, persistentVolumeClaim, 'data', claim({ volumeAttributesClassName: 'fast' }))
      await cluster.run(1_000)
      await cluster.admin.delete(volumeAttributesClass, fast)
      await cluster.run(1_000)
      await cluster.admin.delete(persistentVolumeClaim, named('data'))
      await untilGone(cluster, volumeAttributesClass, fast)
    },
  },
]
