/** Opens the built-in engine on a directory: lock, recovery, log, snapshots; or without one, for tests. */
import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Checkpoint } from './checkpoint.js'
import type { FileSystem } from './file-system.js'
import { GroupCommit } from './group-commit.js'
import { defaultHistoryBounds, type HistoryBounds, newHistory } from './history.js'
import { lockDirectory, type ProcessTable } from './lock.js'
import { Log } from './log.js'
import { MemoryStorage } from './memory-storage.js'
import { type Recovery, recover } from './recover.js'
import { Snapshotter } from './snapshotter.js'

export interface StoreOptions {
  clock: Clock
  logger: Logger
  fileSystem: FileSystem
  processes: ProcessTable
  /** Made if missing. */
  directory: string
  history?: Partial<HistoryBounds>
  /** A snapshot is taken when the log has grown by this much, or by as much as the last snapshot if that is more. Default 32 MiB. */
  snapshotAfterBytes?: number
  /** The disk failed; end the process. Nothing has been acknowledged that is not durable, and nothing will be. */
  onFatal(error: Error): void
}

export interface OpenedStore {
  storage: MemoryStorage
  recovery: Recovery & { milliseconds: number }
}

/** Throws StoreLocked and StoreDamaged. */
export async function openMemoryStorage(options: StoreOptions): Promise<OpenedStore> {
  const { clock, logger, fileSystem, directory } = options
  const bounds = { ...defaultHistoryBounds, ...options.history }
  const started = clock.monotonic()
  await fileSystem.makeDirectory(directory)
  const unlock = await lockDirectory(fileSystem, directory, options.processes)
  try {
    const state = await recover(fileSystem, directory, { bounds })
    const log = await Log.open({ fileSystem, directory, first: state.segment, closedBytes: state.closedBytes })
    const snapshotter = new Snapshotter({
      fileSystem,
      directory,
      log,
      logger,
      minimumBytes: options.snapshotAfterBytes ?? 32 << 20,
      state: () => ({ tree: state.tree, revision: storage.revision() }),
    })
    const commit = new GroupCommit({ sink: log, afterBatch: () => snapshotter.afterBatch(), onFatal: options.onFatal })
    const onClose = async () => {
      await snapshotter.settled()
      await log.close()
      await unlock()
    }
    const storage: MemoryStorage = new MemoryStorage({ clock, bounds, commit, state, onClose })
    const { objects, records, revision, snapshotRevision, cutBytes } = state
    const milliseconds = clock.monotonic() - started
    const recovery = { objects, records, revision, snapshotRevision, cutBytes, milliseconds }
    logger.info(recovery, 'Recovered the store')
    return { storage, recovery }
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Keeps nothing on disk. `from`: begins with what a checkpoint holds, at its revision. */
export function newMemoryStorage(clock: Clock, history?: Partial<HistoryBounds>, from?: Checkpoint): MemoryStorage {
  const bounds = { ...defaultHistoryBounds, ...history }
  if (!from) return new MemoryStorage({ clock, bounds })
  const { tree, revision } = from
  return new MemoryStorage({
    clock,
    bounds,
    state: { tree: tree.clone(), history: newHistory(revision, bounds), revision },
  })
}
