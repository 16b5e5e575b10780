/** SPDY/3 headers on the wire: names and values with their lengths, all blocks of a direction in one zlib stream. */
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { headerDictionary } from './dictionary.js'

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>

/** Of one block, unpacked: ours have a few hundred bytes. */
const maxBlockBytes = 16 * 1024

/** The peer does not keep to the protocol: the session cannot go on. */
export class HeaderBlockError extends Error {}

function encode(headers: Headers): Buffer {
  const uint32 = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  }
  const text = (value: string) => [uint32(Buffer.byteLength(value, 'latin1')), Buffer.from(value, 'latin1')]
  const entries = Object.entries(headers)
  return Buffer.concat([uint32(entries.length), ...entries.flatMap(([name, value]) => [...text(name), ...text(value)])])
}

function decode(block: Buffer): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  let at = 4
  const text = () => {
    if (at + 4 > block.length) throw new HeaderBlockError('header block is cut short')
    const start = at + 4
    at = start + block.readUInt32BE(at)
    if (at > block.length) throw new HeaderBlockError('header block is cut short')
    return block.toString('latin1', start, at)
  }
  if (block.length < 4) throw new HeaderBlockError('header block is cut short')
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = text().toLowerCase()
    headers[name] = text()
  }
  return headers
}

/** Feeds one block through a zlib stream and gathers what comes out. */
function transform(stream: Deflate | Inflate, input: Buffer, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = []
    let size = 0
    const done = (error?: Error) => {
      stream.off('data', onData)
      stream.off('error', done)
      if (error) reject(new HeaderBlockError(error.message))
      else resolve(Buffer.concat(output))
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) {
        done(new Error('header block is too large'))
        stream.destroy()
      } else output.push(chunk)
    }
    stream.on('data', onData)
    stream.once('error', done)
    stream.write(input)
    stream.flush(constants.Z_SYNC_FLUSH, () => done())
  })
}

/** Both directions of a connection. Blocks must be packed, and unpacked, one after the other. */
export class HeaderCodec {
  private readonly deflate = createDeflate({ dictionary: headerDictionary })
  private readonly inflate = createInflate({ dictionary: headerDictionary })
  /** Packing goes on in the order of calls. */
  private packing: Promise<unknown> = Promise.resolve()

  constructor() {
    // A stream that broke reports to the one who waits for it, and to nobody else.
    this.deflate.on('error', () => {})
    this.inflate.on('error', () => {})
  }

  pack(headers: Headers): Promise<Buffer> {
    const packed = this.packing.then(() => transform(this.deflate, encode(headers), Number.POSITIVE_INFINITY))
    this.packing = packed.catch(() => {})
    return packed
  }

  /** Throws a HeaderBlockError. Call again only when the last call is done. */
  async unpack(block: Buffer): Promise<Headers> {
    return decode(await transform(this.inflate, block, maxBlockBytes))
  }

  close(): void {
    this.deflate.close()
    this.inflate.close()
  }
}
