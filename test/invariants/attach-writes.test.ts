/** The invariants on the writes of a test's own cluster. */
import { expect, test } from '@jest/globals'
import { replicaSet } from '../../src/apis/apps-v1/index.js'
import { pod } from '../../src/apis/core-v1/index.js'
import { addNode, startTestCluster } from '../../src/controllers/testing/cluster.js'
import { create, list, merge, named, template, untilIs } from '../safety/controllers/scenario.js'
import { attachToWrites } from './attach-writes.js'

test('every write is looked at, and what is wrong with one is told', async () => {
  await using cluster = await startTestCluster()
  const observer = attachToWrites(cluster)
  await addNode(cluster)
  await create(cluster, replicaSet, 'web', {
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template('web') },
  })
  await untilIs(cluster, [replicaSet, named('web')], ({ status }) => status?.readyReplicas === 2)
  await cluster.run(1_000)
  expect([...observer.violations, ...observer.atRest()]).toEqual([])

  const [first] = await list(cluster, pod)
  const name = first?.metadata.name ?? ''
  const ownerReferences = [{ ...first?.metadata.ownerReferences?.[0], name: 'thief', uid: 'thief' }]
  await merge(cluster, pod, named(name), { metadata: { ownerReferences } })
  await cluster.run(100)
  expect(observer.violations).toEqual([expect.stringMatching(/^one-controller: Pod .* was taken from .* by thief$/)])
})
