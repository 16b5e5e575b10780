/** Reads a file of frames from front to back and says exactly where and how it is damaged. */
import type { ReadFile } from './file-system.js'
import {
  containsFrame,
  hasLostSector,
  headerSize,
  isTorn,
  isWhole,
  payloadLength,
  payloadOf,
  trailerSize,
} from './frame.js'

/** Reads ahead by this much: few trips to the disk, little memory. */
const blockSize = 4 << 20

/** A frame that is not whole. `torn`: it is the file's last and was never written to its end. */
export class FrameDamaged extends Error {
  constructor(
    /** Where the frame starts: everything before is good. */
    readonly position: number,
    readonly torn: boolean,
    readonly detail: string,
  ) {
    super(`${detail} at byte ${position}`)
  }
}

export class FrameReader {
  readonly #file: ReadFile
  #block = Buffer.alloc(0)
  #blockStart = 0
  #position = 0

  constructor(file: ReadFile) {
    this.#file = file
  }

  /** End of the last good frame. */
  get position(): number {
    return this.#position
  }

  /** The next payload, in memory of its own; undefined at the end. Throws FrameDamaged. */
  async next(): Promise<Buffer | undefined> {
    const position = this.#position
    const left = this.#file.size - position
    if (left === 0) return undefined
    if (left < headerSize) throw new FrameDamaged(position, true, 'frame header cut off')
    const length = payloadLength(await this.#view(position, headerSize))
    if (length === undefined) throw await this.#badHeader(position)
    const size = headerSize + length + trailerSize
    if (left < size) throw new FrameDamaged(position, true, 'frame cut off')
    const frame = await this.#view(position, size)
    if (!isWhole(frame)) {
      const torn = isTorn(frame, position) && (await this.#isZeroFrom(position + size))
      throw new FrameDamaged(position, torn, 'checksum of a frame does not match')
    }
    this.#position = position + size
    // A copy: a view would keep the whole block in memory as long as one object of it lives.
    const payload = Buffer.allocUnsafeSlow(length)
    payloadOf(frame).copy(payload)
    return payload
  }

  /** Torn: its sector never reached the disk and no good frame follows, or only zeros follow. */
  async #badHeader(position: number): Promise<FrameDamaged> {
    const rest = await this.#view(position, this.#file.size - position)
    const lost = hasLostSector(rest, position, headerSize) && !containsFrame(rest.subarray(1))
    const torn = lost || (await this.#isZeroFrom(position + headerSize))
    return new FrameDamaged(position, torn, 'frame header is not valid')
  }

  async #isZeroFrom(position: number): Promise<boolean> {
    for (let at = position; at < this.#file.size; at += blockSize) {
      const bytes = await this.#view(at, Math.min(blockSize, this.#file.size - at))
      if (bytes.some(byte => byte !== 0)) return false
    }
    return true
  }

  async #view(position: number, length: number): Promise<Buffer> {
    const offset = position - this.#blockStart
    if (offset >= 0 && offset + length <= this.#block.length) return this.#block.subarray(offset, offset + length)
    const block = Buffer.allocUnsafeSlow(Math.min(Math.max(blockSize, length), this.#file.size - position))
    const read = await this.#file.read(block, position)
    if (read < length) throw new Error(`file ended at byte ${position + read}, expected ${position + length}`)
    this.#block = block.subarray(0, read)
    this.#blockStart = position
    return block.subarray(0, length)
  }
}
