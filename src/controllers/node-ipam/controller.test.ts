import { expect, test } from '@jest/globals'
import { node as nodeKind } from '../../apis/core-v1/index.js'
import type { Node } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { StatusError } from '../../machinery/status-error.js'
import { addNode, startTestCluster, type TestCluster } from '../testing/cluster.js'

const options = {
  clusterCidrs: [{ clusterCidr: '10.244.0.0/22', nodeMaskSize: 24 }],
  serviceCidrs: ['10.96.0.0/16'],
}
const dual = {
  ...options,
  clusterCidrs: [...options.clusterCidrs, { clusterCidr: 'fd00:1::/62', nodeMaskSize: 64 }],
}

const cidrs = async ({ admin }: TestCluster, name: string) =>
  (await admin.get(nodeKind, { name })).spec?.podCIDRs?.join() ?? ''
const has = (cluster: TestCluster, name: string, wanted: string) =>
  cluster.until(`${name} has ${wanted}`, async () => (await cidrs(cluster, name)) === wanted)

test('nodes are given networks in turn, those that come back last', async () => {
  await using cluster = await startTestCluster({ nodeCidrs: options })
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    await addNode(cluster, name)
    await has(cluster, name, `10.244.${i}.0/24`)
  }
  await cluster.admin.delete(nodeKind, { name: 'b' })
  await addNode(cluster, 'd')
  await has(cluster, 'd', '10.244.3.0/24')
  await addNode(cluster, 'b')
  await has(cluster, 'b', '10.244.1.0/24')
  expect((await cluster.admin.get(nodeKind, { name: 'b' })).spec?.podCIDR).toBe('10.244.1.0/24')
})

test('with two families a node has one of each', async () => {
  await using cluster = await startTestCluster({ nodeCidrs: dual })
  await addNode(cluster)
  await has(cluster, 'node-1', '10.244.0.0/24,fd00:1::/64')
})

test('without a range nobody is given anything', async () => {
  await using cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
  expect(await cidrs(cluster, 'node-1')).toBe('')
})

test('what services have is left out, and so is what a node brought along', async () => {
  await using cluster = await startTestCluster({ nodeCidrs: { ...options, serviceCidrs: ['10.244.0.0/24'] } })
  const metadata = { name: 'own' }
  await cluster.admin.create<Node>(nodeKind, {
    ...{ apiVersion: 'v1', kind: 'Node', metadata },
    spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] },
  })
  await addNode(cluster)
  await has(cluster, 'node-1', '10.244.2.0/24')
})

test('a node that came too late is told so, and gets what another leaves', async () => {
  await using cluster = await startTestCluster({ nodeCidrs: options })
  for (const name of ['a', 'b', 'c', 'd', 'late']) await addNode(cluster, name)
  await cluster.until('the event', async () =>
    (await cluster.events('late')).includes('Node late status is now: CIDRNotAvailable'),
  )
  const left = await cidrs(cluster, 'c')
  await cluster.admin.delete(nodeKind, { name: 'c' })
  await has(cluster, 'late', left)
  expect(await cluster.metrics('node_ipam_controller_cidrset_cidrs_releases')).toEqual([
    'node_ipam_controller_cidrset_cidrs_releases_total{clusterCIDR="10.244.0.0/22"} 1',
  ])
})

test('controllers that take over give nothing twice', async () => {
  await using cluster = await startTestCluster({ nodeCidrs: options })
  for (const name of ['a', 'b']) await addNode(cluster, name)
  await has(cluster, 'b', '10.244.1.0/24')
  cluster.replaceControllers()
  await addNode(cluster, 'c')
  await has(cluster, 'c', '10.244.2.0/24')
})

test('a write that fails is tried thrice, told, and what it was to give is free again', async () => {
  let refusals = 3
  const wrapClient = (client: Client): Client => ({
    ...client,
    patch(kind, key, patch, more) {
      if (JSON.stringify(patch.body).includes('podCIDR') && refusals-- > 0)
        throw new StatusError(500, 'InternalError', 'no')
      return client.patch(kind, key, patch, more)
    },
  })
  await using cluster = await startTestCluster({
    wrapClient,
    nodeCidrs: { ...options, clusterCidrs: [{ clusterCidr: '10.244.0.0/24', nodeMaskSize: 24 }] },
  })
  await addNode(cluster)
  await has(cluster, 'node-1', '10.244.0.0/24')
  expect(await cluster.events('node-1')).toContain('Node node-1 status is now: CIDRAssignmentFailed')
})

test('simulated nodes are given nothing', async () => {
  await using cluster = await startTestCluster({ nodeCidrs: options })
  await cluster.admin.create<Node>(nodeKind, {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'sim-1' }, spec: {} },
    status: { nodeInfo: { containerRuntimeVersion: 'sim://1.0.0' } as NonNullable<Node['status']>['nodeInfo'] },
  })
  await addNode(cluster)
  await has(cluster, 'node-1', '10.244.0.0/24')
  expect(await cidrs(cluster, 'sim-1')).toBe('')
})
