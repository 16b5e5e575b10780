/** All kinds of storage.k8s.io/v1. */
import { csiDriver } from './csi-driver.js'
import { csiNode } from './csi-node.js'
import { csiStorageCapacity } from './csi-storage-capacity.js'
import { storageClass } from './storage-class.js'
import { volumeAttachment } from './volume-attachment.js'
import { volumeAttributesClass } from './volume-attributes-class.js'

export { csiDriver, csiNode, csiStorageCapacity, storageClass, volumeAttachment, volumeAttributesClass }

export const storageV1Kinds = [
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
] as const
