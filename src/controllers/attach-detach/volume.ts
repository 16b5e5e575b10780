/** A CSI volume on a node, by the names that upstream gives it and its VolumeAttachment. */
import { createHash } from 'node:crypto'
import type { PersistentVolume } from '../../apis/generated/core-v1.js'
import type { VolumeAttachment } from '../../apis/generated/storage-v1.js'

/** A volume as its driver knows it. */
export interface CsiVolume {
  driver: string
  handle: string
}

const plugin = 'kubernetes.io/csi/'
const separator = '^'

/** What node statuses call it: `kubernetes.io/csi/<driver>^<handle>`. */
export const uniqueName = ({ driver, handle }: CsiVolume): string => `${plugin}${driver}${separator}${handle}`

/** The reverse; undefined for what is no CSI volume. */
export function volumeOfName(name: string): CsiVolume | undefined {
  if (!name.startsWith(plugin)) return undefined
  const [driver, handle, ...more] = name.slice(plugin.length).split(separator)
  return driver && handle && !more.length ? { driver, handle } : undefined
}

/** The name of the VolumeAttachment that attaches it to the node. */
export const attachmentName = ({ driver, handle }: CsiVolume, node: string): string =>
  `csi-${createHash('sha256').update(`${handle}${driver}${node}`).digest('hex')}`

/** Undefined where it is no CSI volume. */
export const csiOf = ({ spec: { csi } }: PersistentVolume): CsiVolume | undefined =>
  csi && { driver: csi.driver, handle: csi.volumeHandle }

/** Upstream leaves volumes without access modes to the driver. */
export const mayAttachToMany = ({ spec: { accessModes = [] } }: PersistentVolume): boolean =>
  !accessModes.length || accessModes.some(mode => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')

export const attachmentFor = (volume: PersistentVolume, csi: CsiVolume, nodeName: string): VolumeAttachment => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttachment',
  metadata: { name: attachmentName(csi, nodeName) },
  spec: { attacher: csi.driver, nodeName, source: { persistentVolumeName: volume.metadata.name ?? '' } },
})
