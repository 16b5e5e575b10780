/**
 * Takes from nodes the networks that their pods get no addresses of: `down` gave up the range they were of, and another was found, or
 * pods have addresses of two families now. The API lets nobody change what a node was given, so this is done beneath it.
 */
import { node as nodeKind } from '../../apis/core-v1/index.js'
import type { Node } from '../../apis/generated/core-v1.js'
import type { PodNetwork } from '../../kubelet/network/network-manager.js'
import { nodeNumber } from '../../kubelet/network/node-networks.js'
import { decodeStored, encodeStored } from '../../registry/codec.js'
import { keyPrefix } from '../../registry/storage-keys.js'
import { KeyConflict, type Storage, type Stored } from '../../storage/storage.js'

const nodesPrefix = keyPrefix(nodeKind)
const word = Buffer.from('"podCIDRs"')

/** By kubelets of ours, here or joined: what others gave their nodes is their matter. */
const isRunByUs = ({ status }: Node) => /^(docker|process):/.test(status?.nodeInfo?.containerRuntimeVersion ?? '')

async function forgetCidrs(storage: Storage, stored: Stored, { nodeRanges }: PodNetwork): Promise<void> {
  const node = decodeStored(stored.bytes) as Node & ReturnType<typeof decodeStored>
  const { podCIDR: _, podCIDRs = [], ...spec } = node.spec ?? {}
  const isKept = podCIDRs.length === 0 || (nodeRanges && nodeNumber(nodeRanges, podCIDRs) !== undefined)
  if (isKept || !isRunByUs(node)) return
  await storage.put(stored.key, encodeStored({ ...node, spec }), { expect: stored.modRevision })
}

export async function forgetStrangeCidrs(storage: Storage, network: PodNetwork): Promise<void> {
  const forget = (stored: Stored): Promise<void> =>
    forgetCidrs(storage, stored, network).catch(async error => {
      if (!(error instanceof KeyConflict)) throw error
      // Somebody has written it meanwhile: what is there now is looked at.
      if (error.current) await forget(error.current)
    })
  const { items } = await storage.list(nodesPrefix)
  // Of thousands of simulated nodes, none has any.
  await Promise.all(
    items
      .filter(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(word))
      .map(forget),
  )
}
