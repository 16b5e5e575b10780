import { expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { decodeStored, encodeStored } from '../../registry/codec.js'
import { newMemoryStorage } from '../../storage/memory/open.js'
import { forgetStrangeCidrs } from './forget-strange-cidrs.js'

const network = {
  bridges: [],
  gateway: '10.244.16.1',
  nodeRanges: [{ clusterCidr: '10.244.16.0/20', nodeMaskSize: 24 }],
}

test.each([
  ['of the range as it is stay', ['10.244.17.0/24'], network, ['10.244.17.0/24']],
  ['of another range go', ['10.244.1.0/24'], network, undefined],
  ['of another size go', ['10.244.16.0/23'], network, undefined],
  ['of a family that pods have no addresses of go', ['10.244.17.0/24', 'fd00:1::/64'], network, undefined],
  ['go where nodes have none of their own', ['10.244.17.0/24'], { bridges: [], gateway: '10.244.16.1' }, undefined],
])('networks %s', async (_, podCIDRs, pods, left) => {
  const storage = newMemoryStorage(new FakeClock(0))
  const spec = { podCIDR: podCIDRs[0], podCIDRs, unschedulable: true }
  const node = { kind: 'Node', apiVersion: 'v1', metadata: { name: 'node-1', labels: { zone: 'a' } }, spec }
  await storage.put('/registry/minions/node-1', encodeStored(node))
  await forgetStrangeCidrs(storage, ['node-1', 'node-2'], pods)
  const { bytes } = (await storage.get('/registry/minions/node-1'))!
  const kept = left ? { podCIDR: left[0], podCIDRs: left } : {}
  expect(decodeStored(bytes)).toEqual({ ...node, spec: { unschedulable: true, ...kept } })
  await storage.close()
})
