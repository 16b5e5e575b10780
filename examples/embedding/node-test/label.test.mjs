// Node's own test runner:  node --test examples/embedding/node-test/
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { isReason, kinds, startCluster } from 'minik8s'

let cluster
before(async () => {
  cluster = await startCluster()
})
after(() => cluster.stop())
beforeEach(() => cluster.reset())

/** What is under test: writes a label, again when somebody else was faster. */
async function label(client, name, labels) {
  for (;;) {
    const config = await client.get(kinds.configMap, { name, namespace: 'default' })
    config.metadata.labels = { ...config.metadata.labels, ...labels }
    try {
      return await client.update(kinds.configMap, config)
    } catch (error) {
      if (!isReason(error, 'Conflict')) throw error
    }
  }
}

const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' } }

test('a label is written', async () => {
  await cluster.client.create(kinds.configMap, settings)
  const { metadata } = await label(cluster.client, 'settings', { team: 'a' })
  assert.deepEqual(metadata.labels, { team: 'a' })
})

test('conflicts are tried again', async () => {
  await cluster.client.create(kinds.configMap, settings)
  const fault = cluster.faults.inject({ verbs: 'update', resources: 'configmaps', code: 409, times: 2 })
  await label(cluster.client, 'settings', { team: 'a' })
  assert.equal(fault.hits, 2)
})

test('a fork is left behind when it has served', async () => {
  await cluster.client.create(kinds.configMap, settings)
  const fork = await cluster.fork()
  await fork.client.delete(kinds.configMap, { name: 'settings', namespace: 'default' })
  await fork.stop()
  await cluster.client.get(kinds.configMap, { name: 'settings', namespace: 'default' })
})
