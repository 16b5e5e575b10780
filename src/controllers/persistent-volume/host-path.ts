/** Volumes that are directories of the host: what claims of the default class get. */
import { volumeAnnotations } from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolume } from '../../apis/generated/core-v1.js'
import type { Provisioner } from './claims.js'
import type { Deleter } from './volumes.js'

/** Where the directories of volumes are; what is done on disk is the caller's. */
export interface VolumeDirectory {
  /** Absolute. */
  path: string
  /** Makes a directory of that name, which everybody may write to; one that is there stays as it is. */
  make(name: string): Promise<void>
  /** Removes the directory of that name with all that is in it, if it is there. */
  remove(name: string): Promise<void>
}

/** As StorageClasses name it. */
export const hostPathProvisioner = 'minik8s.dev/hostpath'

/** Provisions and deletes below `directory`. */
export const newHostPathProvisioner = (directory: VolumeDirectory): Provisioner & Deleter => ({
  name: hostPathProvisioner,

  async provision({ metadata, spec }, storageClass) {
    if (spec.volumeMode === 'Block') throw new Error('block volumes are not supported: a directory is all there is')
    if (spec.selector) throw new Error('claim.spec.selector is not supported by volumes that are made on demand')
    const name = `pvc-${metadata.uid}`
    await directory.make(name)
    const { namespace = '', name: claim = '', uid = '' } = metadata
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations: { [volumeAnnotations.provisionedBy]: hostPathProvisioner } },
      spec: {
        accessModes: spec.accessModes ?? [],
        capacity: { storage: spec.resources?.requests?.storage ?? '0' },
        claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: claim, uid },
        hostPath: { path: `${directory.path}/${name}`, type: 'DirectoryOrCreate' },
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        storageClassName: storageClass.metadata.name ?? '',
        volumeMode: 'Filesystem',
      },
    } satisfies PersistentVolume
  },

  async delete({ metadata: { name = '' }, spec }) {
    // The annotation can be set by hand: nothing is deleted that was not made here.
    if (!/^pvc-[0-9a-f-]+$/.test(name) || spec.hostPath?.path !== `${directory.path}/${name}`)
      throw new Error(`the volume is not one that ${hostPathProvisioner} made: its directory is left alone`)
    await directory.remove(name)
  },
})
