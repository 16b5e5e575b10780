/** Reads DER: elements with their tags, bounds checked, for what clients send. */

export interface DerElement {
  /** 0 universal, 2 context-specific. */
  class: number
  constructed: boolean
  tag: number
  content: Buffer
  /** With tag and length. */
  raw: Buffer
}

/** Number of the universal types that certificates use. */
export const universal = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  oid: 6,
  utf8: 12,
  sequence: 16,
  set: 17,
  printable: 19,
  teletex: 20,
  ia5: 22,
  bmp: 30,
} as const

const truncated = () => new Error('asn1: syntax error: data truncated')

interface Header {
  class: number
  constructed: boolean
  tag: number
  /** Of the content. */
  length: number
  /** Of the header itself. */
  size: number
}

function readHeader(bytes: Buffer): Header {
  if (bytes.length < 2) throw truncated()
  const [first, length] = [bytes[0]!, bytes[1]!]
  const tag = first & 0x1f
  // Certificates know no tags of more than one byte.
  if (tag === 0x1f) throw new Error('asn1: structure error: tag too large')
  let [size, header] = [length, 2]
  if (length & 0x80) {
    const count = length & 0x7f
    if (count === 0) throw new Error('asn1: syntax error: indefinite length found (not DER)')
    if (count > 4) throw new Error('asn1: structure error: length too large')
    if (bytes.length < 2 + count) throw truncated()
    size = bytes.readUIntBE(2, count)
    header += count
    if (bytes[2] === 0) throw new Error('asn1: structure error: superfluous leading zeros in length')
    if (size < 0x80) throw new Error('asn1: structure error: non-minimal length')
  }
  return { class: first >> 6, constructed: (first & 0x20) !== 0, tag, length: size, size: header }
}

/** The element at the start of `bytes`. Throws an Error with Go's words when there is none. */
export function readElement(bytes: Buffer): DerElement {
  const { length, size, ...type } = readHeader(bytes)
  if (bytes.length < size + length) throw truncated()
  const raw = bytes.subarray(0, size + length)
  return { ...type, content: raw.subarray(size), raw }
}

/** All elements that stand in `content`, one after another. */
export function readElements(content: Buffer): DerElement[] {
  const elements: DerElement[] = []
  for (let rest = content; rest.length > 0; rest = rest.subarray(elements.at(-1)!.raw.length))
    elements.push(readElement(rest))
  return elements
}

const goTag = (h: Header) => `{class:${h.class} tag:${h.tag} length:${h.length} isCompound:${h.constructed}}`
const goParameters =
  '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}'

/** The SEQUENCE at the start of `bytes`; anything else is told of as Go does. `type` is Go's name of what is expected. */
export function readSequence(bytes: Buffer, type: string): { elements: DerElement[]; raw: Buffer } {
  if (!bytes.length) throw new Error('asn1: syntax error: sequence truncated')
  const header = readHeader(bytes)
  if (header.class !== 0 || header.tag !== universal.sequence || !header.constructed)
    throw new Error(
      `asn1: structure error: tags don't match (16 vs ${goTag(header)}) ${goParameters} ${type} @${header.size}`,
    )
  const { content, raw } = readElement(bytes)
  return { elements: readElements(content), raw }
}

/** `1.2.840.113549.1.9.14`. */
export function readOid({ class: tagClass, tag, content }: DerElement): string {
  if (tagClass !== 0 || tag !== universal.oid) throw new Error('asn1: structure error: expected an object identifier')
  const numbers: number[] = []
  let number = 0
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    numbers.push(number)
    number = 0
  }
  const [head = 0, ...rest] = numbers
  const first = Math.min(2, Math.floor(head / 40))
  return [first, head - 40 * first, ...rest].join('.')
}

/** Text of any of the string types of names. */
export function readText({ tag, content }: DerElement): string {
  if (tag === universal.bmp) return Buffer.from(content).swap16().toString('utf16le')
  return content.toString(tag === universal.utf8 ? 'utf8' : 'latin1')
}
