import { expect, test } from '@jest/globals'
import type { PodNetwork } from '../../kubelet/network/network-manager.js'
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
  expect(await afterStart(podCIDRs, 'docker://20.10.24', pods)).toEqual(left)
})

test("what others' nodes have is their matter", async () => {
  expect(await afterStart(['10.9.0.0/24'], 'containerd://1.7.0', network)).toEqual(['10.9.0.0/24'])
})

/** What is left of them; all else of the node is as it was. */
async function afterStart(podCIDRs: string[], containerRuntimeVersion: string, pods: PodNetwork): Promise<unknown> {
  const storage = newMemoryStorage(new FakeClock(0))
  const metadata = { name: 'node-1', labels: { zone: 'a' } }
  const status = { nodeInfo: { containerRuntimeVersion } }
  const spec = { podCIDR: podCIDRs[0], podCIDRs, unschedulable: true }
  const node = { kind: 'Node', apiVersion: 'v1', metadata, status }
  await storage.put('/registry/minions/node-1', encodeStored({ ...node, spec }))
  await forgetStrangeCidrs(storage, pods)
  const { bytes } = (await storage.get('/registry/minions/node-1'))!
  await storage.close()
  const { spec: found, ...rest } = decodeStored(bytes) as unknown as { spec: Partial<typeof spec> }
  const { podCIDR, podCIDRs: left, ...others } = found
  expect([rest, others, podCIDR]).toEqual([node, { unschedulable: true }, left?.[0]])
  return left
}
