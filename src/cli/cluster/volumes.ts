/** Storage for claims: the directory that volumes are made in, and the default StorageClass that leads there. */
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { storageClass } from '../../apis/storage-v1/storage-class.js'
import type { Client } from '../../client/client.js'
import { isControllerChosen, volumeBinderName } from '../../controllers/catalogue.js'
import { hostPathProvisioner, type VolumeDirectory } from '../../controllers/persistent-volume/host-path.js'
import { isReason } from '../../machinery/status-error.js'
import type { Configuration } from '../configuration.js'
import { removeFiles } from '../remove-files.js'

/** Undefined where there are no real pods, or nobody who would bind claims. */
export function volumeDirectory({ dataDir, runtime, controllers }: Configuration): VolumeDirectory | undefined {
  if (runtime === 'sim' || runtime === 'none' || !isControllerChosen(volumeBinderName, controllers)) return undefined
  const path = join(dataDir, 'volumes')
  return {
    path,
    async make(name) {
      await mkdir(join(path, name), { recursive: true })
      // Whatever the umask says: pods run as any user.
      await chmod(join(path, name), 0o777)
    },
    remove: name => removeFiles(dataDir, [join('volumes', name)]),
  }
}

/** Creates it; one that is there already stays as it is. */
export async function ensureDefaultStorageClass(client: Client): Promise<void> {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  await client
    .create(storageClass, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations },
      provisioner: hostPathProvisioner,
      allowVolumeExpansion: true,
    })
    .catch(error => {
      if (!isReason(error, 'AlreadyExists')) throw error
    })
}
