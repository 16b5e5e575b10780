// Jest, with the official client (both are ES modules):
//   NODE_OPTIONS=--experimental-vm-modules npx jest -c examples/embedding/jest/jest.config.mjs
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { AppsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { startCluster } from 'minik8s'

let cluster
let apps
let core
beforeAll(async () => {
  // Pods become Running and nothing runs: what is under test is what the controllers make of it.
  cluster = await startCluster({ runtime: 'sim', nodes: 2 })
  const config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  apps = config.makeApiClient(AppsV1Api)
  core = config.makeApiClient(CoreV1Api)
  await cluster.nodesReady
})
afterAll(() => cluster.stop())
afterEach(() => cluster.reset())

const deployment = replicas => ({
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
  },
})

async function until(check) {
  while (!(await check())) await new Promise(resolve => setTimeout(resolve, 20))
}

test('a deployment becomes available', async () => {
  await apps.createNamespacedDeployment({ namespace: 'default', body: deployment(3) })
  await until(async () => {
    const { status } = await apps.readNamespacedDeployment({ name: 'web', namespace: 'default' })
    return status.availableReplicas === 3
  })
})

test('each test begins with an empty namespace', async () => {
  expect((await core.listNamespacedPod({ namespace: 'default' })).items).toEqual([])
})

test('a busy server says so', async () => {
  cluster.faults.inject({ verbs: 'list', resources: 'pods', code: 429, times: 1 })
  await expect(core.listNamespacedPod({ namespace: 'default' })).rejects.toMatchObject({ code: 429 })
  await core.listNamespacedPod({ namespace: 'default' })
})
