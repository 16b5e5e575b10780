/** Cuts a stream after so many bytes. */
import { Readable } from 'node:stream'

async function* firstBytes(source: Readable, limit: number): AsyncGenerator<Buffer> {
  let left = limit
  for await (const chunk of source as AsyncIterable<Buffer>) {
    yield chunk.subarray(0, left)
    left -= chunk.length
    if (left <= 0) return
  }
}

export const limitBytes = (source: Readable, limit: number): Readable =>
  Readable.from(firstBytes(source, limit), { objectMode: false })
