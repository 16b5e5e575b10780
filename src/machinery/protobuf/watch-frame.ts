/** Watch events in protobuf: frames of metav1.WatchEvent, each headed by its length. */
import { ProtobufError, WireReader } from './reader.js'
import { WireWriter } from './writer.js'

/** Media type of a stream of frames. */
export const protobufWatchType = 'application/vnd.kubernetes.protobuf;stream=watch'

/** `object` is a body with its envelope. The frame: four bytes of length (big endian), then `{ type = 1, object = 2 { raw = 1 } }`. */
export function encodeWatchFrame(type: string, object: Uint8Array): Uint8Array {
  const writer = new WireWriter(object.length + 64)
  writer.bytes(1, object)
  writer.message(2, 0)
  writer.string(1, type)
  const head = Buffer.alloc(4)
  head.writeUInt32BE(writer.length)
  writer.raw(head)
  return writer.finish()
}

export interface WatchFrame {
  type: string
  /** With its envelope. */
  object: Uint8Array
  /** Where the next frame begins. */
  end: number
}

function readRaw(reader: WireReader): Buffer {
  let raw = Buffer.alloc(0)
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) raw = reader.bytes() as typeof raw
    else reader.skip(wire)
  }
  return raw
}

/** Reads the frame at `start`; undefined while it is not there as a whole. Throws a ProtobufError. */
export function decodeWatchFrame(input: Uint8Array, start = 0): WatchFrame | undefined {
  const buffer = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  if (buffer.length < start + 4) return undefined
  const end = start + 4 + buffer.readUInt32BE(start)
  if (buffer.length < end) return undefined
  const reader = new WireReader(buffer, start + 4, end)
  let type = ''
  let object: Uint8Array | undefined
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) type = reader.string()
    else if (number === 2) object = readRaw(reader.message())
    else reader.skip(wire)
  }
  if (!object) throw new ProtobufError('watch event without an object')
  return { type, object, end }
}
