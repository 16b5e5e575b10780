/** Cuts a gRPC stream into its messages. */

/** Hands each message on as soon as it is whole. */
export class FrameReader {
  readonly #onMessage: (message: Buffer) => void
  #chunks: Buffer[] = []
  #length = 0
  /** Bytes that are needed to go on. */
  #wanted = 5

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length < this.#wanted) return
    const joined = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#length)
    let at = 0
    this.#wanted = 5
    while (joined.length - at >= 5) {
      const end = at + 5 + joined.readUInt32BE(at + 1)
      if (end > joined.length) {
        this.#wanted = end - at
        break
      }
      this.#onMessage(joined.subarray(at + 5, end))
      at = end
    }
    this.#chunks = at < joined.length ? [joined.subarray(at)] : []
    this.#length = joined.length - at
  }
}
