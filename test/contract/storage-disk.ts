/** A store on a disk in memory, with a clock of the test's own. */
import { FakeClock } from '../../src/machinery/fake-clock.js'
import type { CrashFileSystem } from '../../src/storage/memory/crash-file-system.js'
import { type OpenedStore, openMemoryStorage, type StoreOptions } from '../../src/storage/memory/open.js'
import { silentLogger } from '../../src/telemetry/logger.js'

export const directory = '/store'

/** Each opening is a process of its own, whose predecessor is dead. */
export function openOn(disk: CrashFileSystem, options: Partial<StoreOptions> = {}): Promise<OpenedStore> {
  return openMemoryStorage({
    clock: new FakeClock(),
    logger: silentLogger,
    fileSystem: disk,
    directory,
    processes: { pid: 1, identity: async () => undefined },
    onFatal: () => {},
    ...options,
  })
}
