/** The invariants on the watches of an embedded cluster with simulated nodes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemClock } from '../../src/cli/system.js'
import { kinds, startCluster, type TestCluster } from '../../src/embedding/index.js'
import { ClientObserver } from './attach-client.js'

let cluster: TestCluster
let observer: ClientObserver
beforeAll(async () => {
  cluster = await startCluster({ runtime: 'sim', nodes: 2 })
  await cluster.nodesReady
  observer = new ClientObserver({ client: cluster.client, clock: systemClock })
})
afterAll(async () => {
  observer.stop()
  await cluster.stop()
})

const key = { namespace: 'default', name: 'web' }
const labels = { app: 'web' }
const merge = (body: object) => ({ type: 'application/merge-patch+json', body }) as const

/** Resolves when all pods are there and the observer has heard of it. */
async function settled(replicas: number): Promise<void> {
  const stop = new AbortController()
  for await (const { object } of await cluster.client.watch(kinds.deployment, { namespace: 'default' }, stop.signal))
    if (object.status?.availableReplicas === replicas && object.status?.updatedReplicas === replicas) break
  stop.abort()
  while (!(await observer.hasAll())) await new Promise(resolve => setImmediate(resolve))
}

test('a roll-out and a change of size keep them', async () => {
  await cluster.client.create(kinds.deployment, {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: key },
    spec: {
      ...{ replicas: 3, selector: { matchLabels: labels }, strategy: {} },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: 'one' }], terminationGracePeriodSeconds: 0 },
      },
    },
  })
  await settled(3)
  const spec = { replicas: 4, template: { spec: { containers: [{ name: 'main', image: 'two' }] } } }
  await cluster.client.patch(kinds.deployment, key, merge({ spec }))
  await settled(4)
  expect(observer.check()).toEqual([])
  expect(observer.observed).toBeGreaterThan(20)
})

test('who takes a pod from its controller is told of', async () => {
  const [pod] = (await cluster.client.list(kinds.pod, { labelSelector: 'app=web' })).items
  const { name = '', namespace = '', ownerReferences = [] } = pod?.metadata ?? {}
  const thief = { ...ownerReferences[0], name: 'thief', uid: 'thief' }
  await cluster.client.patch(kinds.pod, { namespace, name }, merge({ metadata: { ownerReferences: [thief] } }))
  while (!(await observer.hasAll())) await new Promise(resolve => setImmediate(resolve))
  expect(observer.check()).toEqual([`one-controller: Pod ${name} was taken from ${ownerReferences[0]?.name} by thief`])
})
