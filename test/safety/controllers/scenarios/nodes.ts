/** Nodes that fall silent, and the pods on them. */
import { node, pod } from '../../../../src/apis/core-v1/index.js'
import { playKubelet } from '../../../../src/controllers/testing/cluster.js'
import { container, create, find, keepAlive, list, named, prepare, type Scenario, untilGone } from '../scenario.js'

const on = (nodeName: string, more: object = {}) => ({ spec: { nodeName, containers: [container()], ...more } })

export const nodes: readonly Scenario[] = [
  {
    name: 'Silent node is tainted and emptied',
    accounts: ['node-controller'],
    async play(cluster) {
      await prepare(cluster, ['node-1', 'node-2'])
      await keepAlive(cluster, 'node-1')
      const tolerations = [
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
      ]
      await create(cluster, pod, 'web', on('node-2', { tolerations }))
      await create(cluster, pod, 'stays', on('node-1'))
      await playKubelet(cluster)
      await cluster.run(500_000)
      await cluster.until('the pod is going', async () => {
        const web = await find(cluster, pod, named('web'))
        return !web || web.metadata.deletionTimestamp !== undefined
      })
    },
  },
  {
    name: 'Pods of a node that went, and pods that ended, are removed',
    accounts: ['pod-garbage-collector'],
    async play(cluster) {
      await prepare(cluster, ['node-1', 'node-2'])
      await keepAlive(cluster, 'node-1')
      await create(cluster, pod, 'lost', on('node-2'))
      await create(cluster, pod, 'stays', on('node-1'))
      await playKubelet(cluster)
      await cluster.admin.delete(node, { name: 'node-2' })
      await cluster.run(120_000)
      await untilGone(cluster, pod, named('lost'))
      await cluster.until('one stays', async () => (await list(cluster, pod)).length === 1)
    },
  },
]
