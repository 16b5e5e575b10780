/** A stream that keeps what is written to it. */
import { Writable } from 'node:stream'

export interface CollectedOutput extends Writable {
  text(): string
}

export function collectOutput(): CollectedOutput {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString('utf8') })
}
