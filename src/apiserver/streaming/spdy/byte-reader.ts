/** Takes bytes off a stream in the portions that a protocol asks for; what is not asked for is not read. */
import type { Readable } from 'node:stream'

export class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>
  private rest: Buffer = Buffer.alloc(0)

  constructor(source: Readable) {
    this.chunks = source.iterator({ destroyOnReturn: false })
  }

  /** Exactly that many bytes; undefined when the stream ends before. */
  async read(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      const part = await this.readSome(missing)
      if (!part) return undefined
      parts.push(part)
      missing -= part.length
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** At least one byte and at most `max`; undefined at the end. */
  async readSome(max: number): Promise<Buffer | undefined> {
    while (this.rest.length === 0) {
      const { value, done } = await this.chunks.next()
      if (done) return undefined
      this.rest = value
    }
    const part = this.rest.subarray(0, max)
    this.rest = this.rest.subarray(part.length)
    return part
  }
}
