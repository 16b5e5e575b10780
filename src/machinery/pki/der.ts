/** Encodes the few ASN.1 types that a certificate is made of, by the distinguished encoding rules (X.690). */

const tag = {
  boolean: 0x01,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const
const [integerTag, utcTimeTag, generalizedTimeTag] = [0x02, 0x17, 0x18]

/** Lengths from 128 on are preceded by the number of bytes they take. */
function lengthOf(content: Buffer): number[] {
  if (content.length < 0x80) return [content.length]
  const bytes: number[] = []
  for (let rest = content.length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return [0x80 | bytes.length, ...bytes]
}

const encode = (type: number, ...content: readonly Buffer[]): Buffer => {
  const bytes = Buffer.concat(content)
  return Buffer.concat([Buffer.from([type, ...lengthOf(bytes)]), bytes])
}

export const sequence = (...items: readonly Buffer[]): Buffer => encode(tag.sequence, ...items)
export const set = (...items: readonly Buffer[]): Buffer => encode(tag.set, ...items)
export const boolean = (value: boolean): Buffer => encode(tag.boolean, Buffer.from([value ? 0xff : 0]))
export const octetString = (bytes: Buffer): Buffer => encode(tag.octetString, bytes)
export const utf8String = (text: string): Buffer => encode(tag.utf8, Buffer.from(text))

/** `bytes` big-endian; a zero byte is put before one that would read as a sign. */
export const positiveInteger = (bytes: Buffer): Buffer =>
  encode(integerTag, bytes[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)

/** `unusedBits` at the end of the last byte do not count. */
export const bitString = (bytes: Buffer, unusedBits = 0): Buffer =>
  encode(tag.bitString, Buffer.from([unusedBits]), bytes)

/** Context-specific, constructed (`explicit`) or holding raw bytes (`implicit`). */
export const explicit = (number: number, content: Buffer): Buffer => encode(0xa0 | number, content)
export const implicit = (number: number, bytes: Buffer): Buffer => encode(0x80 | number, bytes)

/** `2.5.29.19` and such: the first two numbers share a byte, the others are in base 128. */
export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const bytes = [first! * 40 + second!]
  for (const number of rest) {
    const digits = [number & 0x7f]
    for (let left = number >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return encode(tag.oid, Buffer.from(bytes))
}

/** Milliseconds since the epoch, to the second. Certificates write years to 2049 with two digits (RFC 5280, 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '')
  return new Date(ms).getUTCFullYear() < 2050
    ? encode(utcTimeTag, Buffer.from(digits.slice(2)))
    : encode(generalizedTimeTag, Buffer.from(digits))
}

/** The elements inside an encoded sequence or set, each with its tag and length. */
export function elementsOf(encoded: Buffer): Buffer[] {
  const elements: Buffer[] = []
  for (let at = headerSize(encoded, 0); at < encoded.length; at += elements.at(-1)!.length)
    elements.push(encoded.subarray(at, at + headerSize(encoded, at) + contentLength(encoded, at)))
  return elements
}

const headerSize = (bytes: Buffer, at: number): number => 2 + (bytes[at + 1]! & 0x80 ? bytes[at + 1]! & 0x7f : 0)

const contentLength = (bytes: Buffer, at: number): number =>
  bytes[at + 1]! & 0x80 ? bytes.readUIntBE(at + 2, bytes[at + 1]! & 0x7f) : bytes[at + 1]!
