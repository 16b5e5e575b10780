/** Reads the protobuf wire format from a part of a buffer. */

/** The bytes are no such message; the message is Go's. */
export class ProtobufError extends Error {}

const endOfInput = () => new ProtobufError('unexpected EOF')

export class WireReader {
  private at: number

  constructor(
    private readonly buffer: Buffer,
    start = 0,
    private readonly end = buffer.length,
  ) {
    this.at = start
  }

  get done(): boolean {
    return this.at >= this.end
  }

  /** Field number and wire type of the next field. */
  tag(): { number: number; wire: number } {
    const tag = this.varint()
    if (typeof tag !== 'number' || tag >>> 3 === 0) throw new ProtobufError(`proto: illegal tag ${tag}`)
    return { number: tag >>> 3, wire: tag & 7 }
  }

  /** A 64-bit integer in two's complement: a number where that is exact, else a bigint. */
  varint(): number | bigint {
    let low = 0
    let scale = 1
    for (let i = 0; i < 7; i++, scale *= 128) {
      if (this.at >= this.end) throw endOfInput()
      const byte = this.buffer[this.at++]!
      low += (byte & 127) * scale
      if (byte < 128) return low
    }
    return this.longVarint(BigInt(low))
  }

  /** The bits from 49 on. */
  private longVarint(low: bigint): number | bigint {
    let value = low
    for (let shift = 49n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw endOfInput()
      const byte = this.buffer[this.at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) {
        const signed = BigInt.asIntN(64, value)
        const number = Number(signed)
        return Number.isSafeInteger(number) ? number : signed
      }
    }
    throw new ProtobufError('proto: integer overflow')
  }

  double(): number {
    if (this.at + 8 > this.end) throw endOfInput()
    this.at += 8
    return this.buffer.readDoubleLE(this.at - 8)
  }

  /** Bounds of a length-delimited field's content. */
  private delimited(): [start: number, end: number] {
    const length = this.varint()
    if (typeof length !== 'number' || length < 0)
      throw new ProtobufError('proto: negative length found during unmarshaling')
    const start = this.at
    if (start + length > this.end) throw endOfInput()
    this.at = start + length
    return [start, this.at]
  }

  string(): string {
    const [start, end] = this.delimited()
    return this.buffer.toString('utf8', start, end)
  }

  /** Shares memory with the input. */
  bytes(): Buffer {
    return this.buffer.subarray(...this.delimited())
  }

  message(): WireReader {
    return new WireReader(this.buffer, ...this.delimited())
  }

  skip(wire: number): void {
    if (wire === 0) this.varint()
    else if (wire === 1) this.double()
    else if (wire === 2) this.delimited()
    else if (wire === 5) {
      if ((this.at += 4) > this.end) throw endOfInput()
    } else throw new ProtobufError(`proto: illegal wireType ${wire}`)
  }
}
