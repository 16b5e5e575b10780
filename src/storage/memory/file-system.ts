/** What the log and the snapshots need of a disk, so that tests can own it: a crash there drops whatever was not synced. */

/** A file that only grows. */
export interface AppendFile {
  /** Bytes written so far, those found at opening included. */
  readonly size: number
  /** Adds at the end. On a durable file it resolves when the bytes are on the disk, else they may still be lost. */
  append(bytes: Uint8Array): Promise<void>
  /** Makes everything appended durable, and the file's length with it. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface ReadFile {
  readonly size: number
  /** Fills the buffer from that position; returns how many bytes there were. */
  read(buffer: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

export interface OpenOptions {
  /** Every append is durable when it resolves (O_DSYNC): one trip to the disk instead of two. */
  durable?: boolean
}

/** Names made, renamed or removed are durable only after `syncDirectory`. Failures are Node's system errors (`code`). */
export interface FileSystem {
  /** With its parents, for the owner alone; no error when it exists. */
  makeDirectory(path: string): Promise<void>
  /** Names of the entries, unsorted. */
  list(path: string): Promise<string[]>
  /** Opens for appending, made if missing. */
  openAppend(path: string, options?: OpenOptions): Promise<AppendFile>
  openRead(path: string): Promise<ReadFile>
  /** Shortens the file, durably. */
  truncate(path: string, size: number): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** No error when it is missing. */
  remove(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  /** Writes a new small file; fails with EEXIST when the name is taken. */
  createExclusive(path: string, text: string): Promise<void>
  /** Undefined when it is missing. */
  readText(path: string): Promise<string | undefined>
}
