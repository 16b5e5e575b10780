/** Opens the store of a data directory, and turns what can go wrong into advice. */
import { join } from 'node:path'
import { nodeFileSystem } from '../../storage/memory/node-file-system.js'
import { nodeProcesses } from '../../storage/memory/node-processes.js'
import { type OpenedStore, openMemoryStorage } from '../../storage/memory/open.js'
import type { Logger } from '../../telemetry/logger.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'

/** A failing disk ends the process: nothing is acknowledged that is not durable. */
function exitOnFailedDisk(error: Error): void {
  process.stderr.write(
    `minik8s: ${error.message}. Nothing that was acknowledged is lost; free or replace the disk and start again.\n`,
  )
  process.exit(1)
}

export async function openStore(dataDir: string, logger: Logger): Promise<OpenedStore> {
  try {
    return await openMemoryStorage({
      clock,
      logger,
      fileSystem: nodeFileSystem,
      processes: nodeProcesses,
      directory: join(dataDir, 'store'),
      onFatal: exitOnFailedDisk,
    })
  } catch (error) {
    const { name, message } = error as Error
    throw name === 'StoreLocked' || name === 'StoreDamaged' ? new UserError(message) : error
  }
}
