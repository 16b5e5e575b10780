/** Snapshots: the whole state at one revision in a file of its own, written beside the old one and swapped in by rename. */
import { dirname, join } from 'node:path'
import type { Stored } from '../storage.js'
import type { FileSystem } from './file-system.js'
import { storeFileName, storeFiles, temporarySuffix } from './files.js'
import { newFrame, payloadOf, sealFrame } from './frame.js'
import type { FrameReader } from './frame-reader.js'
import { encodeBatch } from './log.js'
import { type LogRecord, readRecords, recordSize } from './record.js'

/** Small enough that one surviving object keeps little memory from being freed after recovery. */
const blockSize = 64 << 10

/** First and last frame of the file, as JSON: a file without its end is not a snapshot. */
interface SnapshotEdge {
  format: 1
  revision: number
  objects: number
}

function edgeFrame(edge: SnapshotEdge): Buffer {
  const text = Buffer.from(JSON.stringify(edge))
  const frame = newFrame(text.length)
  payloadOf(frame).set(text)
  return sealFrame(frame)
}

function* blocks(items: Iterable<Stored>): Generator<LogRecord[]> {
  let block: LogRecord[] = []
  let size = 0
  for (const stored of items) {
    const record = { key: stored.key, revision: stored.modRevision, current: stored }
    block.push(record)
    if ((size += recordSize(record)) < blockSize) continue
    yield block
    block = []
    size = 0
  }
  if (block.length) yield block
}

/** What to write: the items must not change meanwhile (a clone of the tree). */
export interface SnapshotSource {
  revision: number
  objects: number
  items: Iterable<Stored>
}

/** Resolves when the snapshot is durable and in its place in a store's directory. */
export const writeSnapshot = (fileSystem: FileSystem, directory: string, source: SnapshotSource): Promise<void> =>
  writeSnapshotFile(fileSystem, join(directory, storeFileName('snapshot', source.revision)), source)

/** As writeSnapshot, under a name of the caller's. */
export async function writeSnapshotFile(fileSystem: FileSystem, path: string, source: SnapshotSource): Promise<void> {
  const { revision, objects } = source
  const temporary = path + temporarySuffix
  await fileSystem.remove(temporary)
  const file = await fileSystem.openAppend(temporary)
  try {
    const edge = edgeFrame({ format: 1, revision, objects })
    await file.append(edge)
    for (const block of blocks(source.items)) await file.append(encodeBatch(block))
    await file.append(edge)
    await file.sync()
  } finally {
    await file.close()
  }
  await fileSystem.rename(temporary, path)
  await fileSystem.syncDirectory(dirname(path))
}

/** Removes what the snapshot of the revision makes superfluous: older snapshots and the log before it. */
export async function removeCovered(fileSystem: FileSystem, directory: string, revision: number): Promise<void> {
  for (const file of storeFiles(await fileSystem.list(directory))) {
    const last = file.kind === 'snapshot' ? revision - 1 : revision
    if (file.revision <= last) await fileSystem.remove(join(directory, file.name))
  }
}

/** Hands over every object of the file; returns the snapshot's revision. Throws when the file is not whole. */
export async function readSnapshot(reader: FrameReader, onObject: (stored: Stored) => void): Promise<number> {
  const first = await reader.next()
  if (!first) throw new Error('snapshot is empty')
  const edge = JSON.parse(first.toString()) as SnapshotEdge
  if (edge.format !== 1) throw new Error(`snapshot has format ${edge.format}; this version reads format 1`)
  for (let objects = 0; ; ) {
    const payload = await reader.next()
    if (!payload) throw new Error(`snapshot ends after ${objects} of ${edge.objects} objects`)
    if (objects === edge.objects) return edge.revision
    for (const { current } of readRecords(payload)) {
      if (!current) throw new Error('snapshot holds a deletion')
      onObject(current)
      objects++
    }
  }
}
