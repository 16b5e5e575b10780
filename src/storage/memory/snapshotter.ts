/** Takes a snapshot when the log has grown long enough, in the background, while writes go on into a new segment. */
import type { Logger } from '../../telemetry/logger.js'
import type { FileSystem } from './file-system.js'
import type { Log } from './log.js'
import { removeCovered, writeSnapshot } from './snapshot.js'
import type { Tree } from './tree.js'

export interface SnapshotterOptions {
  fileSystem: FileSystem
  directory: string
  log: Log
  logger: Logger
  minimumBytes: number
  /** What is durable now. */
  state(): { tree: Tree; revision: number }
}

export class Snapshotter {
  readonly #options: SnapshotterOptions
  #running: Promise<void> | undefined
  #threshold: number

  constructor(options: SnapshotterOptions) {
    this.#options = options
    this.#threshold = options.minimumBytes
  }

  /** Called with no write in flight. Resolves when writes may go on; rejects when the log cannot go on. */
  async afterBatch(): Promise<void> {
    const { log, state } = this.#options
    if (this.#running || log.size < this.#threshold) return
    const { tree, revision } = state()
    await log.rotate(revision + 1)
    // The clone shares its nodes with the tree: taking it costs nothing, and later writes copy what they change.
    this.#running = this.#take(tree.clone(), revision).finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves when no snapshot is being taken. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #take(tree: Tree, revision: number): Promise<void> {
    const { fileSystem, directory, log, logger, minimumBytes } = this.#options
    const covered = log.closedBytes
    try {
      let bytes = 0
      const items = (function* () {
        for (const stored of tree.values()) {
          bytes += stored.bytes.length
          yield stored
        }
      })()
      await writeSnapshot(fileSystem, directory, { revision, objects: tree.size, items })
      log.forgetClosed(covered)
      this.#threshold = Math.max(minimumBytes, bytes)
      await removeCovered(fileSystem, directory, revision)
      logger.info({ revision, objects: tree.size, bytes }, 'Took a snapshot')
    } catch (error) {
      // The log still holds everything, so a full disk does not end the process here; the next try waits for more log.
      this.#threshold = log.size + minimumBytes
      logger.error({ err: (error as Error).message, revision }, 'Snapshot failed; the log is kept')
    }
  }
}
