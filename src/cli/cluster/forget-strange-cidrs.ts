/**
 * Takes from nodes the networks that their pods get no addresses of: `down` gave up the range they were of, and another was found, or
 * pods have addresses of two families now. The API lets nobody change what a node was given, so this is done beneath it.
 */
import { node as nodeKind } from '../../apis/core-v1/index.js'
import type { Node } from '../../apis/generated/core-v1.js'
import type { PodNetwork } from '../../kubelet/network/network-manager.js'
import { nodeNumber } from '../../kubelet/network/node-networks.js'
import { decodeStored, encodeStored } from '../../registry/codec.js'
import { keyPrefix, storageKey } from '../../registry/storage-keys.js'
import { KeyConflict, type Storage } from '../../storage/storage.js'

async function forgetCidrs(storage: Storage, name: string, { nodeRanges }: PodNetwork): Promise<void> {
  const key = storageKey(keyPrefix(nodeKind), nodeKind, { name })
  const stored = await storage.get(key)
  if (!stored) return
  const node = decodeStored(stored.bytes) as Node & ReturnType<typeof decodeStored>
  const { podCIDR: _, podCIDRs = [], ...spec } = node.spec ?? {}
  if (podCIDRs.length === 0 || (nodeRanges && nodeNumber(nodeRanges, podCIDRs) !== undefined)) return
  await storage.put(key, encodeStored({ ...node, spec }), { expect: stored.modRevision })
}

/** Of the nodes of those names. */
export async function forgetStrangeCidrs(
  storage: Storage,
  names: readonly string[],
  network: PodNetwork,
): Promise<void> {
  const forget = (name: string): Promise<void> =>
    forgetCidrs(storage, name, network).catch(error => {
      // Somebody has written it meanwhile: what is there now is looked at.
      if (error instanceof KeyConflict) return forget(name)
      throw error
    })
  await Promise.all(names.map(forget))
}
