/**
 * Frames: how bytes lie in log and snapshot files, so that damage is always noticed.
 *
 *   magic 4 | length of payload 4 | CRC of payload 4 | CRC of those twelve 4 | payload | end marker 4      (little endian)
 *
 * One write to the disk is one frame. The header's own CRC protects the length, and the marker tells a frame whose end
 * never reached the disk from one that was whole and has changed since.
 */
import { crc32 } from './checksum.js'

export const headerSize = 16
export const trailerSize = 4
// No byte of either can become zero by one flipped bit: zeros mean "not written".
const magic = 0x736b386d
const endMarker = 0x3cc35aa5

/** More than any batch or snapshot block: a larger length can only be damage. */
export const maxPayload = 256 << 20

/** Space for a frame; write the payload through `payloadOf`, then seal. */
export const newFrame = (payloadSize: number): Buffer => Buffer.allocUnsafeSlow(headerSize + payloadSize + trailerSize)

export const payloadOf = (frame: Buffer): Buffer => frame.subarray(headerSize, frame.length - trailerSize)

/** Fills in header and trailer once the payload stands. */
export function sealFrame(frame: Buffer): Buffer {
  const payload = payloadOf(frame)
  frame.writeUInt32LE(magic, 0)
  frame.writeUInt32LE(payload.length, 4)
  frame.writeUInt32LE(crc32(payload), 8)
  frame.writeUInt32LE(crc32(frame.subarray(0, 12)), 12)
  frame.writeUInt32LE(endMarker, frame.length - trailerSize)
  return frame
}

/** Length of the payload; undefined when the header is not one. */
export function payloadLength(header: Buffer): number | undefined {
  if (header.readUInt32LE(0) !== magic || header.readUInt32LE(12) !== crc32(header.subarray(0, 12))) return undefined
  const length = header.readUInt32LE(4)
  return length <= maxPayload ? length : undefined
}

/** Whether payload and trailer are what was written; the header is known to be good. */
export const isWhole = (frame: Buffer): boolean =>
  frame.readUInt32LE(frame.length - trailerSize) === endMarker && frame.readUInt32LE(8) === crc32(payloadOf(frame))

const sectorSize = 512
const isZero = (bytes: Uint8Array): boolean => bytes.every(byte => byte === 0)

/**
 * Whether some sector of the bytes never reached the disk: a write that did not finish. (etcd's rule for its log.)
 * `position` is theirs in the file. Worked example: 1,300 bytes at 100 cover the sectors 0-511 in part, 512-1023,
 * 1024-1399 in part; zeros throughout 512-1023 mean torn, one changed byte at 600 does not.
 */
export function hasLostSector(bytes: Uint8Array, position: number, within = bytes.length): boolean {
  for (let start = 0; start < within; ) {
    const end = Math.min(bytes.length, start + sectorSize - ((position + start) % sectorSize))
    if (isZero(bytes.subarray(start, end))) return true
    start = end
  }
  return false
}

/** Whether a frame of full length that is not whole was never written to its end. */
export const isTorn = (frame: Buffer, position: number): boolean =>
  frame[frame.length - 1] === 0 || hasLostSector(frame, position)

const magicBytes = Buffer.alloc(4)
magicBytes.writeUInt32LE(magic)

/** Whether a whole frame begins anywhere in the bytes. */
export function containsFrame(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(magicBytes); at >= 0; at = bytes.indexOf(magicBytes, at + 1)) {
    if (bytes.length - at < headerSize) return false
    const length = payloadLength(bytes.subarray(at))
    if (length === undefined) continue
    const end = at + headerSize + length + trailerSize
    if (end <= bytes.length && isWhole(bytes.subarray(at, end))) return true
  }
  return false
}
