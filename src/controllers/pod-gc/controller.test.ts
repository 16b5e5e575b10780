import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { addNode, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'lost' }
const merge = (body: object) => ({ type: 'application/merge-patch+json', body }) as const
const find = () => cluster.admin.get<Pod>(podKind, key).catch(() => undefined)
const newPod = (nodeName: string | undefined, finalizers: string[] = ['test/hold']) =>
  cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...key, finalizers },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...(nodeName && { nodeName }) },
  })
const end = (phase: string) =>
  cluster.admin.patch(podKind, key, merge({ status: { phase } }), { subresource: 'status' })

/** Out of service: as an administrator says of a node that is off and stays off. */
async function loseNode(): Promise<void> {
  const taint = { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute', value: 'nodeshutdown' }
  await cluster.admin.patch(nodeKind, { name: 'node-1' }, merge({ spec: { taints: [taint] } }))
  const conditions = [{ type: 'Ready', status: 'Unknown' }]
  await cluster.admin.patch(nodeKind, { name: 'node-1' }, merge({ status: { conditions } }), { subresource: 'status' })
}

test('a pod of a node that is gone fails, and says why', async () => {
  await newPod('nowhere')
  await cluster.until('it is deleted', async () => (await find())?.metadata.deletionTimestamp !== undefined)
  const pod = await find()
  expect(pod?.status).toMatchObject({ phase: 'Failed', observedGeneration: 1 })
  expect(pod?.status?.conditions).toContainEqual(
    expect.objectContaining({
      type: 'DisruptionTarget',
      status: 'True',
      observedGeneration: 1,
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    }),
  )
})

test('a pod that was deleted before it had a node fails without a reason', async () => {
  await newPod(undefined)
  await cluster.admin.delete(podKind, key, { gracePeriodSeconds: 30 })
  await cluster.until('it fails', async () => (await find())?.status?.phase === 'Failed')
  expect((await find())?.status?.conditions?.some(c => c.type === 'DisruptionTarget') ?? false).toBe(false)
})

test.each(['Running', 'Succeeded'])('a %s pod that is being deleted leaves a node out of service', async phase => {
  await newPod('node-1', [])
  await end('Running')
  await cluster.admin.delete(podKind, key, { gracePeriodSeconds: 600 })
  await end(phase)
  await cluster.run(5_000)
  expect(await find()).toBeDefined()
  await loseNode()
  await cluster.until('it is gone', async () => (await find()) === undefined)
})
