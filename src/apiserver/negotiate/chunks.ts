/** Large answers, put together from many parts into chunks, each byte copied once. */

/** Chunks are at most about this large, save for a single part that is larger. */
const chunkBytes = 256 * 1024

/** A text in ASCII, then bytes. */
export interface Part {
  head: string
  tail: Uint8Array
}

export interface ChunkedBytes {
  /** Of all chunks together. */
  bytes: number
  /**
   * Made as they are asked for. `reusing`: all in the same memory, so that each is good until the next is asked for. Lists are so
   * large that memory of its own for each chunk would have all of the heap collected again and again.
   */
  chunks(reusing?: 'reusing'): Iterable<Uint8Array>
}

/** The parts one after the other, and `end`, which is ASCII too. */
export function chunked(parts: readonly Part[], end: string): ChunkedBytes {
  const bytes = parts.reduce((sum, { head, tail }) => sum + head.length + tail.length, end.length)
  return { bytes, chunks: reusing => chunksOf(parts, end, { bytes, reuses: reusing !== undefined }) }
}

function* chunksOf(
  parts: readonly Part[],
  end: string,
  { bytes, reuses }: { bytes: number; reuses: boolean },
): Generator<Uint8Array> {
  let left = bytes
  let chunk = Buffer.allocUnsafe(Math.min(left, chunkBytes))
  let used = 0
  for (const { head, tail } of parts) {
    const size = head.length + tail.length
    if (used + size + end.length > chunk.length) {
      if (used > 0) yield chunk.subarray(0, used)
      left -= used
      used = 0
      const wanted = Math.min(left, Math.max(chunkBytes, size + end.length))
      if (!reuses || wanted > chunk.length) chunk = Buffer.allocUnsafe(wanted)
    }
    used += chunk.write(head, used, 'latin1')
    chunk.set(tail, used)
    used += tail.length
  }
  used += chunk.write(end, used, 'latin1')
  yield chunk.subarray(0, used)
}
