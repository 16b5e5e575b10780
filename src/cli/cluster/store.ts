/** Opens the store that the configuration names, and turns what can go wrong into advice. */
import { join } from 'node:path'
import { nodeFileSystem } from '../../storage/memory/node-file-system.js'
import { nodeProcesses } from '../../storage/memory/node-processes.js'
import { openMemoryStorage } from '../../storage/memory/open.js'
import type { Recovery } from '../../storage/memory/recover.js'
import type { Storage } from '../../storage/storage.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Configuration } from '../configuration.js'
import { historyAgeOf } from '../history-age.js'
import { parseStorageLocation } from '../storage-location.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'
import { openEncryption, refuseEncrypted } from './encryption.js'

/** A store, and what a built-in one found in its directory. */
export interface Opened {
  storage: Storage
  recovery?: Recovery & { milliseconds: number }
}

/** A failing disk ends the process: nothing is acknowledged that is not durable. */
function exitOnFailedDisk(error: Error): void {
  process.stderr.write(
    `minik8s: ${error.message}. Nothing that was acknowledged is lost; free or replace the disk and start again.\n`,
  )
  process.exit(1)
}

/** Of the built-in engine, with the history of so many milliseconds. Throws UserError where it is in use or damaged. */
export async function openStoreDirectory(directory: string, logger: Logger, historyAge?: number): Promise<Opened> {
  try {
    return await openMemoryStorage({
      clock,
      logger,
      fileSystem: nodeFileSystem,
      processes: nodeProcesses,
      directory,
      ...(historyAge !== undefined && { history: { maxAge: historyAge || Number.POSITIVE_INFINITY } }),
      onFatal: exitOnFailedDisk,
    })
  } catch (error) {
    const { name, message } = error as Error
    throw name === 'StoreLocked' || name === 'StoreDamaged' ? new UserError(message) : error
  }
}

/** Where the built-in engine keeps its files; undefined for a store elsewhere. */
export function storeDirectory({ storage, dataDir }: Pick<Configuration, 'storage' | 'dataDir'>): string | undefined {
  const location = parseStorageLocation('storage', storage)
  return location.engine === 'file' ? (location.directory ?? join(dataDir, 'store')) : undefined
}

export async function openStore(config: Configuration, log: Logger): Promise<Opened> {
  const location = parseStorageLocation('storage', config.storage)
  const { apiServer = {} } = config
  if (location.engine === 'etcd') {
    // Most clusters have no etcd: then its code is not even loaded.
    const { openEtcd } = await import('./etcd-store.js')
    return { storage: await openEtcd(location, apiServer, log) }
  }
  const encryption = await openEncryption(apiServer, log)
  const { storage, recovery } = await openStoreDirectory(storeDirectory(config)!, log, historyAgeOf(apiServer))
  if (encryption) return { storage: encryption.within(storage), recovery }
  await refuseEncrypted(storage)
  return { storage, recovery }
}
