import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { addNode, startTestCluster, type TestCluster } from '../../controllers/testing/cluster.js'
import { SeededRandom, settle } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { nodeKind } from '../kinds.js'
import { PodCidrs } from './pod-cidrs.js'

const nodeCidrs = { clusterCidrs: [{ clusterCidr: '10.244.0.0/23', nodeMaskSize: 24 }], serviceCidrs: [] }
let cluster: TestCluster
let cidrs: PodCidrs
let changes: number
beforeEach(() => {
  changes = 0
})
afterEach(async () => {
  cidrs.stop()
  await cluster.stop()
})

async function follow(options = {}): Promise<void> {
  cluster = await startTestCluster(options)
  const { admin: client, clock } = cluster
  cidrs = new PodCidrs({ client, clock, random: new SeededRandom(1), log: silentLogger }, 'node-1', () => changes++)
  cidrs.start()
}

test('pods wait for what the node is given, and for what it is given next', async () => {
  await follow({ nodeCidrs })
  const waiting = cidrs.known()
  await addNode(cluster)
  await cluster.run(50)
  expect(await waiting).toEqual(['10.244.0.0/24'])
  await cluster.admin.delete(nodeKind, { name: 'node-1' })
  await settle()
  const again = cidrs.known()
  await addNode(cluster)
  await cluster.run(50)
  expect(await again).toEqual(['10.244.1.0/24'])
  expect(changes).toBe(3)
})

test('where nothing is given, pods and people are told in the end', async () => {
  await follow()
  await addNode(cluster)
  const waiting = cidrs.known().catch(String)
  await cluster.run(9_000)
  expect(cidrs.problem).toBeUndefined()
  await cluster.run(1_000)
  expect(await waiting).toBe('Error: the node has no pod CIDR')
  expect(cidrs.problem).toMatch(/^container runtime network not ready: .*the node has no pod CIDR$/)
})
