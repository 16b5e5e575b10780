/** The frames of SPDY/3.1 that we write, and their numbers. */

export const frameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const

/** Of a stream that is reset. */
export const resetStatus = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const

/** Of a session that ends. */
export const goAwayStatus = { ok: 0, protocolError: 1 } as const

export const flagFin = 1
export const headerBytes = 8
/** What a stream, and the session, may send before the other side says more. */
export const initialWindow = 65_536

function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const frame = Buffer.alloc(headerBytes + body.length)
  frame.writeUInt16BE(0x8003, 0)
  frame.writeUInt16BE(type, 2)
  frame[4] = flags
  frame.writeUIntBE(body.length, 5, 3)
  body.copy(frame, headerBytes)
  return frame
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, i * 4)
  })
  return bytes
}

export const synStreamFrame = (id: number, block: Buffer): Buffer =>
  controlFrame(frameType.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), block]))
export const synReplyFrame = (id: number, block: Buffer): Buffer =>
  controlFrame(frameType.synReply, 0, Buffer.concat([words(id), block]))
export const rstStreamFrame = (id: number, status: number): Buffer =>
  controlFrame(frameType.rstStream, 0, words(id, status))
export const pingFrame = (id: number): Buffer => controlFrame(frameType.ping, 0, words(id))
export const goAwayFrame = (lastId: number, status: number): Buffer =>
  controlFrame(frameType.goAway, 0, words(lastId, status))
export const windowUpdateFrame = (id: number, delta: number): Buffer =>
  controlFrame(frameType.windowUpdate, 0, words(id, delta))

/** One setting: the window of new streams. */
export const settingsFrame = (window: number): Buffer => controlFrame(frameType.settings, 0, words(1, 7, window))

/** What stands before a stream's bytes. */
export function dataHeader(id: number, length: number, fin: boolean): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt32BE(id, 0)
  header[4] = fin ? flagFin : 0
  header.writeUIntBE(length, 5, 3)
  return header
}
