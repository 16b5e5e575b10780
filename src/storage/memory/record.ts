/**
 * Records: one write each, several to a frame.
 *
 *   type 1 | revision 8 | createRevision 8 | length of key 2 | length of value 4 | key | value      (little endian)
 */
import type { Stored } from '../storage.js'

const fixedSize = 23
const putType = 1
const deleteType = 2

/** A write as the log keeps it: a put carries the value, a delete only the key. */
export interface LogRecord {
  key: string
  revision: number
  /** Undefined: the key was deleted. */
  current: Stored | undefined
}

/** Bytes a record takes. */
export const recordSize = ({ key, current }: LogRecord): number =>
  fixedSize + Buffer.byteLength(key) + (current?.bytes.length ?? 0)

/** Writes the record at the offset; returns the offset behind it. */
export function writeRecord(target: Buffer, offset: number, { key, revision, current }: LogRecord): number {
  target[offset] = current ? putType : deleteType
  target.writeDoubleLE(revision, offset + 1)
  target.writeDoubleLE(current?.createRevision ?? 0, offset + 9)
  const keyLength = target.write(key, offset + fixedSize)
  target.writeUInt16LE(keyLength, offset + 17)
  target.writeUInt32LE(current?.bytes.length ?? 0, offset + 19)
  const end = offset + fixedSize + keyLength
  if (!current) return end
  target.set(current.bytes, end)
  return end + current.bytes.length
}

/** The records of a payload, in order. Values are views into it. */
export function* readRecords(payload: Buffer): Generator<LogRecord> {
  for (let at = 0; at < payload.length; ) {
    const type = payload[at]
    if (type !== putType && type !== deleteType) throw new Error(`unknown record type ${type}`)
    const revision = payload.readDoubleLE(at + 1)
    const createRevision = payload.readDoubleLE(at + 9)
    const keyEnd = at + fixedSize + payload.readUInt16LE(at + 17)
    const key = payload.toString('utf8', at + fixedSize, keyEnd)
    const end = keyEnd + payload.readUInt32LE(at + 19)
    const bytes = payload.subarray(keyEnd, end)
    yield {
      key,
      revision,
      current: type === putType ? { key, bytes, createRevision, modRevision: revision } : undefined,
    }
    at = end
  }
}
