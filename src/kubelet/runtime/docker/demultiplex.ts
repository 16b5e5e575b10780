/** Takes Docker's multiplexed output apart: frames of an 8-byte header (stream, 0, 0, 0, length big endian) and payload. */

export type OutputStream = 'stdout' | 'stderr'

/** Yields the payloads in order, whatever the chunking; a frame may come in several pieces. */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<[OutputStream, Buffer]> {
  let rest: Buffer = Buffer.alloc(0)
  let stream: OutputStream = 'stdout'
  let missing = 0
  for await (const chunk of source) {
    let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    rest = Buffer.alloc(0)
    while (data.length > 0) {
      if (missing === 0) {
        if (data.length < 8) break
        stream = data[0] === 2 ? 'stderr' : 'stdout'
        missing = data.readUInt32BE(4)
        data = data.subarray(8)
        continue
      }
      const payload = data.subarray(0, missing)
      missing -= payload.length
      data = data.subarray(payload.length)
      yield [stream, payload]
    }
    rest = data
  }
}
