/** Start of a store from its directory: the newest snapshot, then the log behind it, every byte of both verified. */
import { join } from 'node:path'
import type { EventWindow } from '../event-window.js'
import type { FileSystem } from './file-system.js'
import { type StoreFile, storeFiles, temporarySuffix } from './files.js'
import { FrameDamaged, FrameReader } from './frame-reader.js'
import { defaultHistoryBounds, type HistoryBounds, newHistory } from './history.js'
import { type LogRecord, readRecords } from './record.js'
import { readSnapshot } from './snapshot.js'
import { applyRecord, newTree, type Tree } from './tree.js'

/** The directory cannot be trusted. The message says where, and what the owner can do. */
export class StoreDamaged extends Error {
  constructor(path: string, detail: string, advice: string) {
    super(`The store cannot be opened: ${path} is damaged (${detail}). No file was changed. ${advice}`)
    this.name = 'StoreDamaged'
  }
}

/** What a start found; for the log and for `minik8s up` to print. */
export interface Recovery {
  objects: number
  /** Of the log, replayed after the snapshot. */
  records: number
  revision: number
  snapshotRevision: number
  /** Bytes of an unfinished write that were cut off; nobody was told it had succeeded. */
  cutBytes: number
}

export interface RecoveredState extends Recovery {
  tree: Tree
  history: EventWindow
  /** First revision of the segment to go on with. */
  segment: number
  /** Bytes of the log before that segment. */
  closedBytes: number
}

const backupAdvice =
  'Restore the directory from a backup (`minik8s snapshot restore FILE --replace`), or move it away to start with an empty cluster.'
const salvageAdvice = (position: number, revision: number): string =>
  `Restore the directory from a backup (\`minik8s snapshot restore FILE --replace\`); or save what lies before byte ${position}, the state at revision ${revision} (\`minik8s snapshot save FILE --salvage\`), which gives up every write from there on, and restore that; or move the directory away to start with an empty cluster.`

/**
 * `open`: to go on writing, so that an unfinished write is cut off. `look`: no file is changed, and another process may be
 * writing. `salvage`: as look, and a damaged log counts up to its damage.
 */
export type RecoveryMode = 'open' | 'look' | 'salvage'

export interface RecoverOptions {
  bounds?: HistoryBounds
  mode?: RecoveryMode
}

class Replay {
  tree: Tree = newTree()
  history: EventWindow
  revision = 0
  records = 0
  snapshotRevision = 0
  cutBytes = 0
  closedBytes = 0
  /** Nothing after the damage is read. */
  isSalvaged = false

  constructor(
    readonly fileSystem: FileSystem,
    readonly directory: string,
    readonly bounds: HistoryBounds,
    readonly mode: RecoveryMode,
  ) {
    this.history = newHistory(0, bounds)
  }

  async loadSnapshot({ name }: StoreFile): Promise<void> {
    const path = join(this.directory, name)
    await this.#reading(path, async reader => {
      try {
        this.revision = await readSnapshot(reader, stored => this.tree.set(stored.key, stored))
      } catch (error) {
        throw new StoreDamaged(path, (error as Error).message, backupAdvice)
      }
    })
    this.snapshotRevision = this.revision
    this.history = newHistory(this.revision, this.bounds)
  }

  /** Only the last segment may end in an unfinished write: it is cut off, so that new frames follow good ones. */
  async replaySegment({ name, revision }: StoreFile, isLast: boolean): Promise<void> {
    const path = join(this.directory, name)
    if (revision !== this.revision + 1)
      throw new StoreDamaged(path, `it begins at revision ${revision}, expected ${this.revision + 1}`, backupAdvice)
    let cut: FrameDamaged | undefined
    await this.#reading(path, async (reader, size) => {
      try {
        for (let payload = await reader.next(); payload; payload = await reader.next())
          for (const record of readRecords(payload)) this.#apply(path, record)
      } catch (error) {
        if (!(error instanceof FrameDamaged)) throw error
        const isTorn = error.torn && isLast
        if (!isTorn && this.mode !== 'salvage')
          throw new StoreDamaged(path, error.message, salvageAdvice(error.position, this.revision))
        this.isSalvaged = !isTorn
        cut = error
        this.cutBytes = size - error.position
      }
      if (!isLast) this.closedBytes += size
    })
    if (cut && this.mode === 'open') await this.fileSystem.truncate(path, cut.position)
  }

  #apply(path: string, { key, revision, current }: LogRecord): void {
    if (revision !== this.revision + 1)
      throw new StoreDamaged(path, `revision ${revision} follows ${this.revision}`, backupAdvice)
    this.history.push(applyRecord(this.tree, key, revision, current))
    this.revision = revision
    this.records++
  }

  async #reading(path: string, use: (reader: FrameReader, size: number) => Promise<void>): Promise<void> {
    const file = await this.fileSystem.openRead(path)
    try {
      await use(new FrameReader(file), file.size)
    } finally {
      await file.close()
    }
  }
}

/** Reads the directory, made if missing. Throws StoreDamaged, and then has changed nothing. */
export async function recover(
  fileSystem: FileSystem,
  directory: string,
  { bounds = defaultHistoryBounds, mode = 'open' }: RecoverOptions = {},
): Promise<RecoveredState> {
  const names = await fileSystem.list(directory)
  const files = storeFiles(names)
  const snapshot = files.filter(f => f.kind === 'snapshot').at(-1)
  const replay = new Replay(fileSystem, directory, bounds, mode)
  if (snapshot) await replay.loadSnapshot(snapshot)
  const segments = files.filter(f => f.kind === 'log' && f.revision > replay.revision)
  for (const segment of segments)
    if (!replay.isSalvaged) await replay.replaySegment(segment, segment === segments.at(-1))
  if (mode === 'open')
    for (const name of names) if (name.endsWith(temporarySuffix)) await fileSystem.remove(join(directory, name))
  const { tree, history, revision, records, snapshotRevision, cutBytes, closedBytes } = replay
  const segment = segments.at(-1)?.revision ?? revision + 1
  return { tree, history, revision, objects: tree.size, records, snapshotRevision, cutBytes, closedBytes, segment }
}
