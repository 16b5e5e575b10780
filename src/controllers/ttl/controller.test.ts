import { expect, test } from '@jest/globals'
import { node as nodeKind } from '../../apis/core-v1/index.js'
import { addNode, startTestCluster } from '../testing/cluster.js'
import { ClusterSize } from './controller.js'

test('a node is told its TTL, again when somebody changes it', async () => {
  await using cluster = await startTestCluster()
  await addNode(cluster)
  const ttl = async () =>
    (await cluster.admin.get(nodeKind, { name: 'node-1' })).metadata.annotations?.['node.alpha.kubernetes.io/ttl']
  await cluster.until('a TTL', async () => (await ttl()) === '0')
  const body = { metadata: { annotations: { 'node.alpha.kubernetes.io/ttl': 'soon' } } }
  await cluster.admin.patch(nodeKind, { name: 'node-1' }, { type: 'application/merge-patch+json', body })
  await cluster.until('the TTL again', async () => (await ttl()) === '0')
})

test('the TTL grows with the cluster, and shrinks a little later', () => {
  const size = new ClusterSize()
  const grow = (to: number, from: number) => {
    for (let i = from; i < to; i++) size.add()
    return size.seconds
  }
  const shrink = (to: number, from: number) => {
    for (let i = from; i > to; i--) size.remove()
    return size.seconds
  }
  expect([grow(100, 0), grow(101, 100), grow(501, 101), grow(1001, 501), grow(2001, 1001)]).toEqual([
    0, 15, 30, 60, 300,
  ])
  expect([shrink(1800, 2001), shrink(1799, 1800), shrink(450, 1799), shrink(90, 450), shrink(89, 90)]).toEqual([
    300, 60, 30, 15, 0,
  ])
})
