/**
 * Writes the protobuf wire format from the end to the beginning, so that the length of a message is known when its head is written:
 * write the last field first, and of each field the content before the tag.
 */
export class WireWriter {
  private buffer: Buffer
  /** Where the written part begins. */
  private at: number

  constructor(size = 1024) {
    this.buffer = Buffer.allocUnsafe(size)
    this.at = size
  }

  /** Bytes written so far. */
  get length(): number {
    return this.buffer.length - this.at
  }

  private reserve(size: number): void {
    if (this.at >= size) return
    const { length } = this
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, length + size))
    this.buffer.copy(grown, grown.length - length, this.at)
    this.at = grown.length - length
    this.buffer = grown
  }

  private unsigned(value: number): void {
    let size = 1
    for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++
    this.reserve(size)
    this.at -= size
    let rest = value
    for (let i = 0; i < size - 1; i++, rest = Math.floor(rest / 128)) this.buffer[this.at + i] = (rest % 128) | 128
    this.buffer[this.at + size - 1] = rest
  }

  private tag(number: number, wire: number): void {
    this.unsigned(number * 8 + wire)
  }

  /** Negative numbers take ten bytes, in two's complement. */
  varint(number: number, value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) this.unsigned(value)
    else {
      const bytes: number[] = []
      for (let rest = BigInt.asUintN(64, BigInt(value)); bytes.push(Number(rest & 127n)) && rest > 127n; ) rest >>= 7n
      this.reserve(bytes.length)
      this.at -= bytes.length
      for (let i = 0; i < bytes.length; i++) this.buffer[this.at + i] = bytes[i]! | (i < bytes.length - 1 ? 128 : 0)
    }
    this.tag(number, 0)
  }

  double(number: number, value: number): void {
    this.reserve(8)
    this.buffer.writeDoubleLE(value, (this.at -= 8))
    this.tag(number, 1)
  }

  string(number: number, value: string): void {
    const size = Buffer.byteLength(value)
    this.reserve(size)
    this.buffer.write(value, (this.at -= size))
    this.unsigned(size)
    this.tag(number, 2)
  }

  bytes(number: number, value: Uint8Array): void {
    this.raw(value)
    this.unsigned(value.length)
    this.tag(number, 2)
  }

  /** Content without a head. */
  raw(value: Uint8Array): void {
    this.reserve(value.length)
    this.buffer.set(value, (this.at -= value.length))
  }

  /** Heads what was written since the writer had that length. */
  message(number: number, lengthBefore: number): void {
    this.unsigned(this.length - lengthBefore)
    this.tag(number, 2)
  }

  finish(): Buffer {
    return this.buffer.subarray(this.at)
  }
}
