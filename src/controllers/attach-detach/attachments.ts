/** The VolumeAttachments there are, by node and by volume, with those made a moment ago. */
import { persistentVolume as volumeKind } from '../../apis/core-v1/index.js'
import type { Node } from '../../apis/generated/core-v1.js'
import type { VolumeAttachment } from '../../apis/generated/storage-v1.js'
import { volumeAttachment } from '../../apis/storage-v1/index.js'
import type { Informer } from '../../client/informer.js'
import type { Cache } from '../runtime/cache.js'
import type { Attached } from './plan.js'
import { attachmentName, csiOf, uniqueName, volumeOfName } from './volume.js'

const byNode = 'node'
const byVolume = 'volume'
const volumeNameOf = ({ spec }: VolumeAttachment) => spec.source.persistentVolumeName ?? ''

export const indexAttachments = (informer: Informer<VolumeAttachment>): void => {
  informer.addIndex(byNode, ({ spec }) => [spec.nodeName])
  informer.addIndex(byVolume, attachment => [volumeNameOf(attachment)])
}

/** Those of the node that go by our names; others are their makers' business. */
export function attachedTo(node: string, object: Node | undefined, cache: Cache): Attached[] {
  // A volume that was deleted is still known by the node's status.
  const reported = (object?.status?.volumesAttached ?? []).flatMap(({ name }) => volumeOfName(name) ?? [])
  return cache.byIndex(volumeAttachment, byNode, node).flatMap(attachment => {
    const { name } = attachment.metadata
    const volume = cache.get(volumeKind, { name: volumeNameOf(attachment) })
    const csi = [volume && csiOf(volume), ...reported].find(each => each && attachmentName(each, node) === name)
    return csi ? [{ name: uniqueName(csi), attachment }] : []
  })
}

/** Attachments that were made, but are not in the cache yet: a volume for one node must not be given to two at once. */
export class FreshAttachments {
  private readonly made = new Map<string, VolumeAttachment>()

  add(attachment: VolumeAttachment): void {
    this.made.set(attachment.metadata.name ?? '', attachment)
  }

  /** The cache has it, or had it. */
  seen({ metadata }: Pick<VolumeAttachment, 'metadata'>): void {
    this.made.delete(metadata.name ?? '')
  }

  /** Nodes but `node` that the volume is attached to, or is about to be, or has not left yet. */
  nodesOf(volume: string, node: string, cache: Cache): string[] {
    const made = [...this.made.values()].filter(attachment => volumeNameOf(attachment) === volume)
    const nodes = [...cache.byIndex(volumeAttachment, byVolume, volume), ...made].map(({ spec }) => spec.nodeName)
    return [...new Set(nodes)].filter(name => name !== node)
  }
}
