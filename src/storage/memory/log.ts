/** The write-ahead log: a batch of records is one frame, one durable write. A new segment begins with each snapshot. */
import { join } from 'node:path'
import type { AppendFile, FileSystem } from './file-system.js'
import { storeFileName } from './files.js'
import { newFrame, payloadOf, sealFrame } from './frame.js'
import { type LogRecord, recordSize, writeRecord } from './record.js'

/** Records as one sealed frame. */
export function encodeBatch(records: readonly LogRecord[]): Buffer {
  let size = 0
  for (const record of records) size += recordSize(record)
  const frame = newFrame(size)
  const payload = payloadOf(frame)
  let offset = 0
  for (const record of records) offset = writeRecord(payload, offset, record)
  return sealFrame(frame)
}

export interface LogOptions {
  fileSystem: FileSystem
  directory: string
  first: number
  /** Of earlier segments that no snapshot covers. */
  closedBytes: number
}

export class Log {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  #segment: AppendFile
  /** Bytes of segments that are closed but not yet covered by a snapshot. */
  #closedBytes: number

  private constructor({ fileSystem, directory, closedBytes }: LogOptions, segment: AppendFile) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#segment = segment
    this.#closedBytes = closedBytes
  }

  /** Opens the segment that begins with the record of revision `first`, made if missing. */
  static async open(options: LogOptions): Promise<Log> {
    return new Log(options, await openSegment(options.fileSystem, options.directory, options.first))
  }

  /** What recovery would have to replay. */
  get size(): number {
    return this.#closedBytes + this.#segment.size
  }

  /** Resolves when the batch is on the disk. After a failure nothing may be appended any more. */
  append(records: readonly LogRecord[]): Promise<void> {
    return this.#segment.append(encodeBatch(records))
  }

  /** Begins a new segment with the record of that revision. */
  async rotate(first: number): Promise<void> {
    const previous = this.#segment
    this.#segment = await openSegment(this.#fileSystem, this.#directory, first)
    this.#closedBytes += previous.size
    await previous.close()
  }

  /** A snapshot covers all closed segments. */
  forgetClosed(bytes: number): void {
    this.#closedBytes -= bytes
  }

  get closedBytes(): number {
    return this.#closedBytes
  }

  close(): Promise<void> {
    return this.#segment.close()
  }
}

async function openSegment(fileSystem: FileSystem, directory: string, first: number): Promise<AppendFile> {
  const segment = await fileSystem.openAppend(join(directory, storeFileName('log', first)), { durable: true })
  await fileSystem.syncDirectory(directory)
  return segment
}
